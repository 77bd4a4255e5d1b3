// Light, dark, or as the system is set. The choice is kept where the browser
// allows it; where it does not, it lasts as long as the page.

const KEY = 'spanloom.theme';
const CHOICES = ['auto', 'light', 'dark'] as const;
export type Choice = (typeof CHOICES)[number];

class Theme {
  choice = $state<Choice>(stored());
  #dark = $state(system.matches);
  readonly shown = $derived(this.choice === 'auto' ? (this.#dark ? 'dark' : 'light') : this.choice);

  constructor() {
    system.addEventListener('change', (event) => {
      this.#dark = event.matches;
      this.apply();
    });
  }

  next(): void {
    this.choice = CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length] ?? 'auto';
    try {
      localStorage.setItem(KEY, this.choice);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
    this.apply();
  }

  /** Must run before charts are drawn: they read the colours of the page. */
  apply(): void {
    document.documentElement.dataset['theme'] = this.shown;
  }
}

const system = matchMedia('(prefers-color-scheme: dark)');

function stored(): Choice {
  try {
    const found = localStorage.getItem(KEY);
    return CHOICES.find((choice) => choice === found) ?? 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = new Theme();
