// Keyboard of the board: j and k or arrows move, Enter opens, Esc closes, `/`
// searches, `[` and `]` step the range, z takes the last filter back. Keys
// typed into a control stay there; `?` and mod+k belong to every page.

interface Board {
  rows: () => string[];
  opened: () => string | null;
  open: (id: string | null, how?: 'push' | 'replace') => void;
  step: (by: 1 | -1) => void;
  undo: () => void;
}

export class Keys {
  constructor(private readonly board: Board) {}

  press(event: KeyboardEvent): void {
    if (event.altKey || event.defaultPrevented) return;
    const at = event.target instanceof HTMLElement ? event.target : null;
    if (at?.closest('dialog')) return;
    const isTyped = at?.closest('input, select, textarea, [contenteditable], [role="tablist"]') != null;
    if (event.metaKey || event.ctrlKey) {
      if (event.key !== 'z' || event.shiftKey || isTyped) return;
      event.preventDefault();
      return this.board.undo();
    }
    if (event.key === 'Escape' && this.board.opened() !== null) return this.close();
    if (isTyped) return;
    const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (by !== undefined) this.#move(event, by, at);
    else if (this.#does(event.key, at)) event.preventDefault();
  }

  #move(event: KeyboardEvent, by: number, at: HTMLElement | null): void {
    // Arrows scroll the page unless a row or a call has been chosen.
    const chosen = this.board.opened() !== null || at?.dataset['call'] !== undefined;
    if (event.key.startsWith('Arrow') && !chosen) return;
    // Inside the panel they scroll what is read there.
    if (event.key.startsWith('Arrow') && at?.closest('aside')) return;
    event.preventDefault();
    this.step(by);
  }

  #does(key: string, at: HTMLElement | null): boolean {
    if (key === '/') document.querySelector<HTMLElement>('[data-shortcut="/"]')?.focus();
    else if (key === '[') this.board.step(-1);
    else if (key === ']') this.board.step(1);
    else if (key === 'z') this.board.undo();
    else if (key === 'Enter' && at?.dataset['call'] !== undefined) {
      this.board.open(at.dataset['call']);
      focusPanel();
    } else return false;
    return true;
  }

  /** Moves the chosen row; an open call follows it. */
  step(by: number): void {
    const ids = this.board.rows();
    const opened = this.board.opened();
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['call'] : undefined;
    const from = ids.indexOf(opened ?? focused ?? '');
    const id = ids[Math.min(ids.length - 1, Math.max(0, from < 0 ? 0 : from + by))];
    if (id === undefined) return;
    if (opened !== null && id !== opened) this.board.open(id, 'replace');
    focusRow(id, opened !== null && isInPanel());
  }

  close(): void {
    const opened = this.board.opened();
    this.board.open(null);
    if (opened !== null) focusRow(opened);
  }
}

const isInPanel = () => document.activeElement?.closest('aside') != null;

/** Who opened a call without a pointer reads it next. */
export function focusPanel(): void {
  requestAnimationFrame(() => {
    const panel = document.querySelector<HTMLElement>('aside[aria-label="Call"]');
    if (panel === null) return;
    panel.tabIndex = -1;
    panel.focus({ preventScroll: true });
  });
}

/** Shows the row of a call; the focus may stay where it is. */
function focusRow(id: string, isKept = false): void {
  const row = document.querySelector<HTMLElement>(`tr[data-call="${CSS.escape(id)}"]`) ?? document.querySelector<HTMLElement>('tr[data-call]');
  if (!isKept) row?.focus({ preventScroll: true });
  if (row?.dataset['call'] === id) row.scrollIntoView({ block: 'nearest' });
}
