// A safe part of Markdown as a tree. There is no HTML, no image and no link in
// it: an address is text that can be read before it is followed.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'bold'; parts: Inline[] }
  | { kind: 'italic'; parts: Inline[] }
  | { kind: 'link'; parts: Inline[]; address: string };

export type Block =
  | { kind: 'heading'; level: number; parts: Inline[] }
  | { kind: 'paragraph'; parts: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'list'; start: number | null; items: Block[][] };

/** A longer text stays as it is: the tree of it would be slow. */
export const MOST_CHARACTERS = 100_000;

/** Levels of lists in lists, and of bold in italic in bold. */
const DEEPEST = 6;

/** What is longer is text: the search for its end is bounded. */
const LONGEST_ADDRESS = 500;

/**
 * A mark stands at the beginning of its line. Only so much of a line is matched: the
 * patterns take the square of what they are given.
 */
const LONGEST_START = 200;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const ITEM = /^( {0,8})(?:[-*+]|(\d{1,9})[.)])[ \t]+(.*)$/;

/** All that ends a line for a pattern's dot, so that a dot reaches the end of every line. */
const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/** Matches the beginning of a line; the last of the pattern's groups takes in the end of a long one. */
function start(pattern: RegExp, line: string): RegExpExecArray | null {
  const found = pattern.exec(line.slice(0, LONGEST_START));
  if (found === null || line.length <= LONGEST_START) return found;
  const end = line.slice(LONGEST_START);
  // Text after a fence with its mark in it is code inside a line.
  if (pattern === FENCE && end.includes('`')) return null;
  found[found.length - 1] = `${found.at(-1) ?? ''}${end}`;
  return found;
}

/** Reads a text; null where it is too long. */
export function parse(text: string): Block[] | null {
  return text.length > MOST_CHARACTERS ? null : blocks(text.split(LINE_END), 0);
}

function blocks(lines: string[], depth: number): Block[] {
  const found: Block[] = [];
  let paragraph: string[] = [];
  const close = () => {
    if (paragraph.length > 0) found.push({ kind: 'paragraph', parts: inline(paragraph.join('\n')) });
    paragraph = [];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const [fence, heading, item] = [start(FENCE, line), start(HEADING, line), depth < DEEPEST ? start(ITEM, line) : null];
    if (fence === null && heading === null && item === null) {
      if (line.trim() === '') close();
      else paragraph.push(line);
      at += 1;
      continue;
    }
    close();
    if (fence !== null) {
      const [code, next] = fenced(lines, at, fence);
      found.push(code);
      at = next;
    } else if (heading !== null) {
      const title = (heading[2] ?? '').trim();
      found.push({ kind: 'heading', level: heading[1]?.length ?? 1, parts: inline(title.replace(/ #+$/, '')) });
      at += 1;
    } else if (item !== null) {
      const [list, next] = listed(lines, at, item, depth);
      found.push(list);
      at = next;
    }
  }
  close();
  return found;
}

/** A fence that is never closed goes to the end: the model was cut off. */
function fenced(lines: string[], at: number, [, mark = '', language = '']: RegExpExecArray): [Block, number] {
  const isEnd = (line: string) => line.trim().startsWith(mark) && line.trim().replaceAll(mark.charAt(0), '') === '';
  let end = at + 1;
  while (end < lines.length && !isEnd(lines[end] ?? '')) end += 1;
  return [{ kind: 'code', language: language.trim(), text: lines.slice(at + 1, end).join('\n') }, end + 1];
}

function listed(lines: string[], at: number, first: RegExpExecArray, depth: number): [Block, number] {
  const indent = first[1]?.length ?? 0;
  const isOrdered = first[2] !== undefined;
  const items: string[][] = [];
  let end = at;
  while (end < lines.length) {
    const line = lines[end] ?? '';
    const item = start(ITEM, line);
    const isDeeper = line.length - line.trimStart().length > indent;
    if (item !== null && (item[1]?.length ?? 0) <= indent) {
      if ((item[2] !== undefined) !== isOrdered || (item[1]?.length ?? 0) < indent) break;
      items.push([item[3] ?? '']);
    } else if (line.trim() === '') {
      // A list goes on after an empty line where the next is an item or part of one.
      const next = lines[end + 1] ?? '';
      const goesOn = next.trim() !== '' && (next.length - next.trimStart().length > indent || (start(ITEM, next)?.[1]?.length ?? -1) === indent);
      if (!goesOn) break;
      items.at(-1)?.push('');
    } else if (isDeeper) {
      const most = Math.min(line.length - line.trimStart().length, indent + 2 + (isOrdered ? 1 : 0));
      items.at(-1)?.push(line.slice(most));
    } else if (start(FENCE, line) !== null || start(HEADING, line) !== null || lines[end - 1]?.trim() === '') break;
    else items.at(-1)?.push(line);
    end += 1;
  }
  return [{ kind: 'list', start: isOrdered ? Number(first[2]) : null, items: items.map((item) => blocks(item, depth + 1)) }, end];
}

/** Marks inside a line. What is no mark, or is not closed, is text. */
export function inline(text: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  // A mark that has no partner further on is not looked for again: that would take the square of the length.
  const lonely = new Set<string>();
  let [plain, at] = [0, 0];
  const push = (end: number, next: number, part: Inline) => {
    if (end > plain) found.push({ kind: 'text', text: text.slice(plain, end) });
    found.push(part);
    plain = at = next;
  };
  const partner = (mark: string, from: number): number => {
    if (lonely.has(mark)) return -1;
    const end = text.indexOf(mark, from);
    if (end < 0) lonely.add(mark);
    return end;
  };
  while (at < text.length) {
    const mark = /^(?:`+|\*\*|__|\*|_|\[|\\)/.exec(text.slice(at, at + 16))?.[0];
    const from = at + (mark?.length ?? 0);
    if (mark === undefined) at += 1;
    else if (mark === '\\') {
      if (/[\\`*_[\]#()+.!-]/.test(text.charAt(from))) push(at, from + 1, { kind: 'text', text: text.charAt(from) });
      else at += 1;
    } else if (mark.startsWith('`')) {
      const end = partner(mark, from);
      if (end > from) push(at, end + mark.length, { kind: 'code', text: text.slice(from, end) });
      else at = from;
    } else if (mark === '[') {
      const end = depth < DEEPEST ? partner('](', from) : -1;
      const close = end < 0 ? -1 : closing(text, end + 2);
      const inner = text.slice(from, Math.max(from, end));
      const isImage = text.charAt(at - 1) === '!';
      if (close > 0 && !isImage && !/[[\]\n]/.test(inner) && end - from < 1_000) {
        push(at, close + 1, { kind: 'link', parts: inline(inner, depth + 1), address: text.slice(end + 2, close) });
      } else at = from;
    } else {
      const end = depth < DEEPEST && opens(text, at, from, mark) ? partner(mark, from + 1) : -1;
      if (end > 0 && !/\s/.test(text.charAt(end - 1)) && !(mark.startsWith('_') && /\w/.test(text.charAt(end + mark.length)))) {
        const parts = inline(text.slice(from, end), depth + 1);
        push(at, end + mark.length, mark.length === 2 ? { kind: 'bold', parts } : { kind: 'italic', parts });
      } else at = from;
    }
  }
  if (plain < text.length) found.push({ kind: 'text', text: text.slice(plain) });
  return found;
}

/** The end of an address, which may have parentheses of its own. */
function closing(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < Math.min(text.length, from + LONGEST_ADDRESS); at += 1) {
    const character = text.charAt(at);
    if (character === ' ' || character === '\n') return -1;
    open += character === '(' ? 1 : character === ')' ? -1 : 0;
    if (open === 0) return at;
  }
  return -1;
}

/** A star in "2 * 3" and a line in "a_name" mark nothing. */
function opens(text: string, at: number, from: number, mark: string): boolean {
  if (from >= text.length || /\s/.test(text.charAt(from))) return false;
  return !mark.startsWith('_') || !/\w/.test(text.charAt(at - 1));
}
