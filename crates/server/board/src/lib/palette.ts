// Colours belong to entities: a model keeps its colour in every chart, through
// every refresh and after a reload, whatever its rank becomes.

/** How many `--series-N` colours app.css has. */
export const SLOTS = 7;
export const OTHER = 'var(--series-other)';

/** The colours of a grouping's keys. */
export class Palette {
  private constructor(private readonly slots: ReadonlyMap<string, number>) {}

  static readonly empty = new Palette(new Map());

  /**
   * This palette, with colours for keys that have none, as long as there are
   * free ones. A key asks for the colour of its hash and takes the next free
   * one when that is given away. The first keys get colours, yet not in their
   * order, which is by rank: the same keys get the same colours tomorrow.
   */
  with(keys: string[]): Palette {
    const slots = new Map(this.slots);
    const added = [...new Set(keys)].filter((key) => !slots.has(key)).slice(0, SLOTS - slots.size);
    const taken = new Set(slots.values());
    for (const key of added.sort(byText)) {
      let slot = hash(key) % SLOTS;
      while (taken.has(slot)) slot = (slot + 1) % SLOTS;
      taken.add(slot);
      slots.set(key, slot);
    }
    return slots.size === this.slots.size ? this : new Palette(slots);
  }

  has(key: string): boolean {
    return this.slots.has(key);
  }

  colour(key: string): string {
    const slot = this.slots.get(key);
    return slot === undefined ? OTHER : `var(--series-${slot + 1})`;
  }
}

const byText = (a: string, b: string) => (a < b ? -1 : 1);

/** FNV-1a, whose low bits are mixed once more: there are few slots. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}
