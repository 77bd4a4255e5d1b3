// What changed between two texts, line by line, and where two requests part.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** A run of equal lines that are of no interest is one of these. */
export interface Equal {
  kind: 'equal';
  lines: string[];
}

/** Lines of either text; the table of the comparison has the square of it. */
export const MOST_LINES = 2_000;

/** Equal lines that are shown around a change. */
const AROUND = 3;

/** The shortest way from one text to the other; null where they are too long. */
export function diff(before: string, after: string): DiffLine[] | null {
  const [a, b] = [before.split('\n'), after.split('\n')];
  if (a.length > MOST_LINES || b.length > MOST_LINES) return null;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [i, j] = [a.length, b.length];
  while (i > start && j > start && a[i - 1] === b[j - 1]) {
    i -= 1;
    j -= 1;
  }
  return [
    ...a.slice(0, start).map(same),
    ...between(a.slice(start, i), b.slice(start, j)),
    ...a.slice(i).map(same),
  ];
}

const same = (text: string): DiffLine => ({ kind: 'same', text });

/** By the longest common subsequence. */
function between(a: string[], b: string[]): DiffLine[] {
  const width = b.length + 1;
  // The length of the longest one of what follows two places.
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      found.push(same(left));
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      found.push({ kind: 'removed', text: left });
      i += 1;
    } else if (right !== undefined) {
      found.push({ kind: 'added', text: right });
      j += 1;
    }
  }
  return found;
}

/** The same with long runs of equal lines as one. */
export function folded(lines: DiffLine[]): (DiffLine | Equal)[] {
  const found: (DiffLine | Equal)[] = [];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (lines[end]?.kind === 'same') end += 1;
    const run = lines.slice(at, end);
    const [head, tail] = [at === 0 ? 0 : AROUND, end === lines.length ? 0 : AROUND];
    if (run.length > head + tail + 1) {
      const rest = run.slice(head, run.length - tail);
      found.push(...run.slice(0, head), { kind: 'equal', lines: rest.map(({ text }) => text) }, ...run.slice(run.length - tail));
    } else found.push(...run);
    const next = lines[end];
    if (next !== undefined) found.push(next);
    at = end + 1;
  }
  return found;
}

export interface Break {
  /** Counted from 1, as people do. */
  message: number;
  character: number;
}

/** Where the messages of a request part from those of another; null where one begins with all of the other. */
export function firstBreak(before: string[], after: string[]): Break | null {
  for (let at = 0; at < Math.min(before.length, after.length); at += 1) {
    const [a, b] = [before[at] ?? '', after[at] ?? ''];
    if (a === b) continue;
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same]) same += 1;
    // Characters as people count them: a pair of surrogates is one.
    const pairs = a.slice(0, same).match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0;
    const isSplit = /[\ud800-\udbff]/.test(a.charAt(same - 1));
    return { message: at + 1, character: same - pairs + (isSplit ? 0 : 1) };
  }
  return null;
}
