import { describe, expect, it } from 'vitest';
import { inline, MOST_CHARACTERS, parse, type Block, type Inline } from './markdown';

/** A tree as a short text. */
function word(part: Inline): string {
  if (part.kind === 'text') return part.text;
  if (part.kind === 'code') return `code(${part.text})`;
  const inner = part.parts.map(word).join('');
  return part.kind === 'link' ? `link(${inner}|${part.address})` : `${part.kind}(${inner})`;
}
function block(one: Block): string {
  if (one.kind === 'code') return `code:${one.language}(${one.text})`;
  if (one.kind === 'list') return `list:${one.start ?? '-'}[${one.items.map((item) => item.map(block).join(';')).join('|')}]`;
  const inner = one.parts.map(word).join('');
  return one.kind === 'heading' ? `h${one.level}(${inner})` : `p(${inner})`;
}
const line = (text: string) => inline(text).map(word).join('');
const all = (text: string) => (parse(text) ?? []).map(block);

describe('marks in a line', () => {
  it('are bold, italic, code and addresses', () => {
    expect(line('a **b** *c* __d__ _e_ `f*g*`')).toBe('a bold(b) italic(c) bold(d) italic(e) code(f*g*)');
    expect(line('**a *b* c**')).toBe('bold(a italic(b) c)');
    expect(line('``a ` b``')).toBe('code(a ` b)');
    expect(line('see [the *page*](https://a.b/c?d=1) now')).toBe('see link(the italic(page)|https://a.b/c?d=1) now');
    expect(line('[a](javascript:b(1)) c')).toBe('link(a|javascript:b(1)) c');
    expect(line('\\*a\\*')).toBe('*a*');
  });

  it('are text where they mark nothing', () => {
    for (const text of ['2 * 3 * 4', 'a_long_name', '**open', '`open', '[a](b', '[a] (b)', '[a](b c)', '![a](b.png)', '****', 'a*', '<b>a</b>', '&lt;']) {
      expect(line(text)).toBe(text);
    }
  });

  it('of a hostile text are read in little time', () => {
    for (const piece of ['*a ', '**a', '[', '[a](', '[a](b', '`', '_a', '*_', '[a', '``a`']) {
      const text = piece.repeat(Math.floor(MOST_CHARACTERS / piece.length));
      const start = performance.now();
      parse(text);
      expect(performance.now() - start, piece).toBeLessThan(5_000);
    }
  }, 60_000);
});

describe('blocks', () => {
  it('are headings, paragraphs, lists and code', () => {
    expect(all('# A *b*\n\ntext\nmore\n\n- x\n- y\n  z\n\n3. p\n4. q')).toEqual([
      'h1(A italic(b))',
      'p(text\nmore)',
      'list:-[p(x)|p(y\nz)]',
      'list:3[p(p)|p(q)]',
    ]);
    expect(all('```rust\nfn *a*() {}\n\n# b\n```\nend')).toEqual(['code:rust(fn *a*() {}\n\n# b)', 'p(end)']);
    expect(all('- a\n  - b\n    - c\n- d')).toEqual(['list:-[p(a);list:-[p(b);list:-[p(c)]]|p(d)]']);
    expect(all('1. a\n   ```\n   x\n   ```\n2. b')).toEqual(['list:1[p(a);code:(x)|p(b)]']);
  });

  it('begin at the start of a line, however long and however it ends', () => {
    const long = 'x'.repeat(300);
    expect(all(`# ${long}\r- ${long}\u2028- b`)).toEqual([`h1(${long})`, `list:-[p(${long})|p(b)]`]);
    expect(all(`\`\`\`${long}\`\`\``)).toEqual([`p(code(${long}))`]);
  });

  it('of a hostile text are found', () => {
    const most = (text: (n: number) => string, around: number) => text(MOST_CHARACTERS - around);
    for (const text of [
      most((n) => `\`\`\`${' '.repeat(n)}`, 3),
      most((n) => `${'~'.repeat(n)}\``, 1),
      most((n) => `# ${' '.repeat(n)}\u2028x`, 4),
      `${`\`\`\`${' '.repeat(195)}\`\n`.repeat(500)}`,
      most((n) => `- ${' '.repeat(n)}x`, 3),
    ]) {
      expect(parse(text)).not.toBeNull();
    }
  });

  it('go to the end where they are not closed', () => {
    expect(all('```\na\nb')).toEqual(['code:(a\nb)']);
  });

  it('hold no markup: tags and images are text', () => {
    expect(all('<script>alert(1)</script>\n\n![x](http://a/b)')).toEqual(['p(<script>alert(1)</script>)', 'p(![x](http://a/b))']);
  });

  it('have bounds', () => {
    expect(parse('x'.repeat(MOST_CHARACTERS + 1))).toBeNull();
    const deep = Array.from({ length: 200 }, (_, at) => `${' '.repeat(2 * at)}- a`).join('\n');
    expect(parse(deep)).not.toBeNull();
    expect(parse('- '.repeat(40_000))).not.toBeNull();
  });
});
