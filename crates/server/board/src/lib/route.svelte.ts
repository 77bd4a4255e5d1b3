// Where we are. Every change of state goes through the address, so that back,
// forward and a copied link do what they say.

import { readPlace, readView, writeView, type View } from './url';

class Route {
  #path = $state(location.pathname);
  #search = $state(location.search);
  readonly place = $derived(readPlace(this.#path));
  readonly view = $derived(readView(this.#search));

  constructor() {
    addEventListener('popstate', () => this.#follow());
  }

  go(href: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push' && href === location.pathname + location.search) return;
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', href);
    this.#follow();
  }

  /** The address of this page with some of its view changed. */
  href(change: Partial<View>): string {
    return this.#path + writeView({ ...this.view, ...change });
  }

  show(change: Partial<View>, how: 'push' | 'replace' = 'push'): void {
    this.go(this.href(change), how);
  }

  #follow(): void {
    this.#path = location.pathname;
    this.#search = location.search;
  }
}

export const route = new Route();
