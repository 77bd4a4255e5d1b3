// Colours belong to entities: a model keeps its colour in every chart and
// through every refresh, whatever its rank becomes.

/** How many `--series-N` colours app.css has. */
const SLOTS = 7;
export const OTHER = 'var(--series-other)';

/** A grouping's colours, given out in the order its keys are first seen. */
export class Palette {
  private constructor(private readonly slots: ReadonlyMap<string, number>) {}

  static readonly empty = new Palette(new Map());

  /** This palette, with the first free colours for keys that have none. */
  with(keys: string[]): Palette {
    const slots = new Map(this.slots);
    for (const key of keys) if (!slots.has(key) && slots.size < SLOTS) slots.set(key, slots.size + 1);
    return slots.size === this.slots.size ? this : new Palette(slots);
  }

  has(key: string): boolean {
    return this.slots.has(key);
  }

  colour(key: string): string {
    const slot = this.slots.get(key);
    return slot === undefined ? OTHER : `var(--series-${slot})`;
  }
}
