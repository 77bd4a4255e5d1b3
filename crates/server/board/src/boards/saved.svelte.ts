// The saved boards of a project, for all that a page shows of them.

import { always, reason } from '../lib/api';
import { boardsOf, createBoard, deleteBoard, fetchBoards, restoreBoard, type Board, type BoardEntry, type Project } from '../lib/boards';
import { route } from '../lib/route.svelte';
import { FRESH } from './address';

export class SavedBoards {
  /** The latest versions, deleted ones among them. */
  entries = $state.raw<BoardEntry[]>([]);
  /** The board that was deleted last on this page. */
  gone = $state.raw<{ id: string; title: string } | null>(null);
  /** A board whose name is to be changed first: it is new. */
  fresh = $state<string | null>(null);
  error = $state<string | null>(null);

  constructor(private readonly project: Project) {}

  /** Without an answer the list stays as it is. */
  async reload(): Promise<void> {
    this.entries = await fetchBoards(this.project, always()).catch(() => this.entries);
  }

  /** Boards for a stream. */
  of(stream: string): BoardEntry[] {
    return boardsOf(this.entries, stream);
  }

  create(board: Board): Promise<void> {
    return this.#attempt(async () => {
      const { id } = await createBoard(this.project, board, always());
      this.fresh = id;
      this.#open(id);
    });
  }

  remove(id: string, title: string): Promise<void> {
    return this.#attempt(async () => {
      await deleteBoard(this.project, id, always());
      this.gone = { id, title };
      this.#open(null);
    });
  }

  restore(id: string): Promise<void> {
    return this.#attempt(async () => {
      await restoreBoard(this.project, id, always());
      this.gone = null;
      this.#open(id);
    });
  }

  #open(id: string | null): void {
    route.show({ page: 1, call: null }, 'push', { ...FRESH, board: id });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.error = null;
    try {
      await work();
    } catch (error) {
      this.error = reason(error);
    }
    await this.reload();
  }
}
