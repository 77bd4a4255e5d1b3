// Where we are. Every change of state goes through the address, so that back,
// forward and a copied link lead where they should.

import { readOwn, withOwn, type Own } from './own';
import { readPlace, readView, wrongWords, writeView, type View } from './url';

/** What an undo brings back: what is looked at, not how. */
type Looked = Pick<View, 'q' | 'range' | 'from' | 'to'>;

/** Kept with an entry of the history. */
interface Entry {
  /** What was looked at before, the latest last. */
  past: Looked[];
  /** Whether the entry before it is the latest of them. */
  direct: boolean;
}

const MOST_UNDOS = 50;

class Route {
  #path = $state(location.pathname);
  #search = $state(location.search);
  readonly place = $derived(readPlace(this.#path));
  readonly view = $derived(readView(this.#search));
  /** What single pages keep next to the view. */
  readonly own = $derived(readOwn(this.#search));
  /** Words of the address that mean nothing here. */
  readonly wrong = $derived(wrongWords(this.#search));

  constructor() {
    addEventListener('popstate', () => this.#follow());
  }

  go(href: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push' && href === location.pathname + location.search) return;
    history[how === 'push' ? 'pushState' : 'replaceState'](this.#entry(href, how), '', href);
    this.#follow();
  }

  /** The address of this page with some of its view changed. */
  href(change: Partial<View>, own: Own = {}): string {
    return this.#path + withOwn(writeView({ ...this.view, ...change }), { ...this.own, ...own });
  }

  show(change: Partial<View>, how: 'push' | 'replace' = 'push', own: Own = {}): void {
    this.go(this.href(change, own), how);
  }

  /** Back to the filters and the range of before. */
  undo(): void {
    const { past, direct } = entry();
    const last = past.at(-1);
    if (last === undefined) return;
    if (direct) return history.back();
    const href = this.href({ ...last, page: 1 });
    history.replaceState({ past: past.slice(0, -1), direct: false } satisfies Entry, '', href);
    this.#follow();
  }

  #entry(href: string, how: 'push' | 'replace'): Entry {
    const to = new URL(href, location.href);
    if (to.pathname !== location.pathname) return { past: [], direct: false };
    const { past, direct } = entry();
    if (how === 'replace') return { past, direct };
    const [before, after] = [looked(readView(location.search)), looked(readView(to.search))];
    if (JSON.stringify(before) === JSON.stringify(after)) return { past, direct: false };
    return { past: [...past, before].slice(-MOST_UNDOS), direct: true };
  }

  #follow(): void {
    this.#path = location.pathname;
    this.#search = location.search;
  }
}

function entry(): Entry {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null || !('past' in state)) return { past: [], direct: false };
  return state as Entry;
}

const looked = ({ q, range, from, to }: View): Looked => ({ q, range, from, to });

export const route = new Route();
