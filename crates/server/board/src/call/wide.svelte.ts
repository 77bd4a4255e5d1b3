// Whether the panel is wide: kept for the session, as the address is about
// what is looked at.

const KEY = 'spanloom-panel';

class Wide {
  on = $state(read());

  toggle(): void {
    this.on = !this.on;
    try {
      sessionStorage.setItem(KEY, this.on ? 'wide' : '');
    } catch {
      // Without a store the width is kept until the page is loaded anew.
    }
  }
}

function read(): boolean {
  try {
    return sessionStorage.getItem(KEY) === 'wide';
  } catch {
    return false;
  }
}

export const wide = new Wide();
