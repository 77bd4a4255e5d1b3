// Keyboard of the board: j and k or arrows move, Enter opens, Esc closes,
// `/` goes to the grouping. Keys typed into a control stay there.

interface Board {
  rows: () => string[];
  opened: () => string | null;
  open: (id: string | null, how?: 'push' | 'replace') => void;
}

export class Keys {
  constructor(private readonly board: Board) {}

  press(event: KeyboardEvent): void {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (event.key === 'Escape' && this.board.opened() !== null) return this.close();
    const at = event.target instanceof HTMLElement ? event.target : null;
    if (at?.closest('input, select, textarea, [contenteditable], [role="tablist"]')) return;
    const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      // Arrows scroll the page unless a row or a call has been chosen.
      const chosen = this.board.opened() !== null || at?.dataset['call'] !== undefined;
      if (event.key.startsWith('Arrow') && !chosen) return;
      // Inside the panel they scroll what is read there.
      if (event.key.startsWith('Arrow') && at?.closest('aside')) return;
      event.preventDefault();
      this.step(by);
    } else if (event.key === 'Enter' && at?.dataset['call'] !== undefined) {
      this.board.open(at.dataset['call']);
    } else if (event.key === '/') {
      event.preventDefault();
      document.querySelector<HTMLElement>('[data-shortcut="/"]')?.focus();
    }
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
    focusRow(id);
  }

  close(): void {
    const opened = this.board.opened();
    this.board.open(null);
    if (opened !== null) focusRow(opened);
  }
}

function focusRow(id: string): void {
  const row = document.querySelector<HTMLElement>(`tr[data-call="${CSS.escape(id)}"]`);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
}
