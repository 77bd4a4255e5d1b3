// Keyboard of the tree: j and k or arrows move, left and right fold, Enter
// opens, Esc closes, `/` finds. Keys typed into a control stay there.

import type { Node } from '../lib/trace';

interface View {
  nodes: () => Node[];
  shown: () => Node[];
  active: () => string | null;
  opened: () => string | null;
  isFolded: (node: Node) => boolean;
  fold: (node: Node, close: boolean) => void;
  choose: (node: Node) => void;
  open: (id: string) => void;
  close: () => void;
  search: () => void;
}

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 20, PageUp: -20 };

export class TreeKeys {
  constructor(private readonly view: View) {}

  press(event: KeyboardEvent): void {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    const at = event.target instanceof HTMLElement ? event.target : null;
    if (event.key === 'Escape' && this.view.opened() !== null) return this.view.close();
    if (at?.closest('input, select, textarea, [contenteditable], [role="tablist"]')) return;
    const inTree = at?.closest('[role="treegrid"]') != null;
    // Letters work everywhere; the rest belongs to whatever has the focus.
    if (!inTree && !['j', 'k', '/'].includes(event.key)) return;
    if (this.#does(event.key)) event.preventDefault();
  }

  #does(key: string): boolean {
    const step = STEPS[key];
    const node = this.#active();
    if (step !== undefined) this.step(step);
    else if (key === 'Home') this.step(-Infinity);
    else if (key === 'End') this.step(Infinity);
    else if (key === '/') this.view.search();
    else if (node === undefined) return false;
    else if (key === 'Enter') this.view.open(node.span.id);
    else if (key === 'ArrowLeft') this.#left(node);
    else if (key === 'ArrowRight') this.#right(node);
    else return false;
    return true;
  }

  /** Moves the chosen row; an open call follows it. */
  step(by: number): void {
    const shown = this.view.shown();
    const active = this.view.active();
    const from = shown.findIndex(({ span }) => span.id === active);
    const to = Math.min(shown.length - 1, Math.max(0, from < 0 ? (by === Infinity ? by : 0) : from + by));
    const node = shown[to];
    if (node !== undefined) this.view.choose(node);
  }

  #left(node: Node): void {
    if (node.end > node.at + 1 && !this.view.isFolded(node)) return this.view.fold(node, true);
    const parent = node.parent === null ? undefined : this.view.nodes()[node.parent];
    if (parent !== undefined) this.view.choose(parent);
  }

  #right(node: Node): void {
    if (node.end === node.at + 1) return;
    if (this.view.isFolded(node)) this.view.fold(node, false);
    else this.step(1);
  }

  #active(): Node | undefined {
    const active = this.view.active();
    return this.view.shown().find(({ span }) => span.id === active);
  }
}
