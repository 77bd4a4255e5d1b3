// Keyboard of a conversation: j and k move from turn to turn, Enter opens the
// call, Esc closes it. Keys typed into a control stay there.

interface View {
  turns: () => string[];
  opened: () => string | null;
  open: (id: string | null, how?: 'push' | 'replace') => void;
}

export class TurnKeys {
  constructor(private readonly view: View) {}

  press(event: KeyboardEvent): void {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (event.key === 'Escape' && this.view.opened() !== null) return this.close();
    const at = event.target instanceof HTMLElement ? event.target : null;
    if (at?.closest('input, select, textarea, [contenteditable], [role="tablist"]')) return;
    const by = { j: 1, k: -1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      this.step(by);
    } else if (event.key === 'Enter' && at?.dataset['turn'] !== undefined) {
      this.view.open(at.dataset['turn']);
    }
  }

  /** Moves to another turn; an open call follows. */
  step(by: number): void {
    const ids = this.view.turns();
    const opened = this.view.opened();
    const focused = document.activeElement?.closest<HTMLElement>('[data-turn]')?.dataset['turn'];
    const from = ids.indexOf(opened ?? focused ?? '');
    const id = ids[Math.min(ids.length - 1, Math.max(0, from < 0 ? 0 : from + by))];
    if (id === undefined) return;
    if (opened !== null && id !== opened) this.view.open(id, 'replace');
    focusTurn(id);
  }

  close(): void {
    const opened = this.view.opened();
    this.view.open(null);
    if (opened !== null) focusTurn(opened);
  }
}

function focusTurn(id: string): void {
  const turn = document.querySelector<HTMLElement>(`[data-turn="${CSS.escape(id)}"]`);
  turn?.focus({ preventScroll: true });
  turn?.scrollIntoView({ block: 'nearest' });
}
