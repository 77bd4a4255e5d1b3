// The saved board that is open: what is shown of it, and the saves of its changes.

import { always, reason, Refusal } from '../lib/api';
import { fetchBoard, saveBoard, type Board, type SavedBoard, type Project } from '../lib/boards';
import { readBoard } from './read';

export class OpenBoard {
  saved = $state.raw<SavedBoard | null>(null);
  error = $state<string | null>(null);
  /** Another version was saved since this one was read. */
  stale = $state(false);
  missing = $state(false);

  readonly read = $derived(this.saved === null ? null : readBoard(this.saved.board));
  readonly last = $derived(this.saved?.history[0] ?? null);
  /** Whether an earlier version is shown. */
  readonly isEarlier = $derived(this.last !== null && this.last.version !== this.saved?.version);

  /** The version after which the next one is saved. */
  #base = 0;
  /** Saves that wait, one after the other. */
  #saves: Promise<void> = Promise.resolve();
  /** How many, with the one on its way. */
  #waiting = 0;
  /** Counts what is asked for and changed: an answer to what was asked before comes too late. */
  #turn = 0;

  constructor(
    private readonly project: Project,
    private readonly id: string,
    private readonly afterSave: () => Promise<void>,
  ) {}

  async load(version: number | null = null): Promise<void> {
    const turn = (this.#turn += 1);
    try {
      const found = await fetchBoard(this.project, this.id, version, always());
      if (turn !== this.#turn) return;
      this.saved = found;
      // A change that waits was made to an earlier version: it must not overwrite this one.
      if (this.#waiting === 0) this.#base = this.last?.version ?? found.version;
      this.stale = false;
      this.missing = false;
      this.error = null;
    } catch (failure) {
      if (turn !== this.#turn) return;
      this.missing = version === null && failure instanceof Refusal && failure.status === 404;
      this.error = reason(failure);
    }
  }

  /** Saves what is shown, with a change that is shown at once: the next one may come before this one is saved. */
  save(change: Partial<Board>): Promise<void> {
    if (this.saved === null || this.read === null) return this.#saves;
    // What this page does not know of the board stays in it.
    const board = { ...(this.saved.board as Board), ...change };
    this.saved = { ...this.saved, board };
    this.#turn += 1;
    this.#waiting += 1;
    this.#saves = this.#saves.then(() => this.#write(board));
    return this.#saves;
  }

  async #write(board: Board): Promise<void> {
    try {
      // What was refused is not saved by the change after it.
      if (this.stale) return;
      this.#base = (await saveBoard(this.project, this.id, this.#base, board, always())).version;
    } catch (failure) {
      this.stale = failure instanceof Refusal && failure.status === 409;
      this.error = reason(failure);
      return;
    } finally {
      this.#waiting -= 1;
    }
    if (this.#waiting > 0) return;
    await this.load();
    await this.afterSave();
  }
}
