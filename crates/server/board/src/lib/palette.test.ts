// @ts-expect-error: Node has no types here, where all else runs in a browser.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OTHER, Palette, SLOTS } from './palette';

const keys = ['gpt-4o-mini', 'gpt-4.1', 'claude-sonnet-4-5', 'house-model-1', 'text-embedding-3-small', ''];

describe('colours', () => {
  it('do not depend on the rank of the keys', () => {
    const there = Palette.empty.with(keys);
    const back = Palette.empty.with([...keys].reverse());
    for (const key of keys) expect(back.colour(key)).toBe(there.colour(key));
  });

  it('are never given twice, and the first keys get them', () => {
    const many = Array.from({ length: 20 }, (_, n) => `model-${n}`);
    const palette = Palette.empty.with(many);
    expect(new Set(many.slice(0, SLOTS).map((key) => palette.colour(key))).size).toBe(SLOTS);
    for (const key of many.slice(SLOTS)) expect(palette.colour(key)).toBe(OTHER);
  });

  it('are given once to a key that is named twice', () => {
    expect(Palette.empty.with([...keys, ...keys])).toEqual(Palette.empty.with(keys));
  });

  it('stay when other keys come', () => {
    const first = Palette.empty.with(['a', 'b']);
    const later = first.with(['c', 'b', 'a']);
    expect(['a', 'b'].map((key) => later.colour(key))).toEqual(['a', 'b'].map((key) => first.colour(key)));
    expect(later.has('c')).toBe(true);
  });

  it('are the same in every grouping that has room', () => {
    expect(Palette.empty.with(['x']).colour('x')).toBe(Palette.empty.with(['x', 'y']).colour('x'));
  });
});

describe('what is drawn', () => {
  // WCAG 1.4.11 asks 3:1 of a graph against what it stands on.
  // Vitest imports every style sheet as an empty one, so this one is read.
  const css = String(readFileSync('src/app.css'));
  const themes = Object.fromEntries(
    [...css.matchAll(/:root\[data-theme="(\w+)"\] \{([^}]*)\}/g)].map(([, theme, body]) => [
      theme,
      new Map([...(body ?? '').matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour ?? ''])),
    ]),
  );
  const drawn = ['--accent', '--accent-soft', '--second', '--second-soft', '--error', '--series-other', ...Array.from({ length: SLOTS }, (_, n) => `--series-${n + 1}`)];

  it.each(['light', 'dark'])('has 3:1 on both grounds of the %s theme', (theme) => {
    const colours = themes[theme];
    for (const name of drawn) {
      for (const ground of ['--surface', '--ground']) {
        const ratio = contrast(colours?.get(name) ?? '', colours?.get(ground) ?? '');
        expect(ratio, `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
