// Pretty JSON in coloured pieces. The pieces are text; nothing here is markup.

export type PieceKind = 'key' | 'string' | 'number' | 'word' | 'plain';
export interface Piece {
  kind: PieceKind;
  text: string;
}

/** Above this a text is shown plain: a span for each token would be slow. */
export const COLOUR_LIMIT = 60_000;

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

/** Below so many levels a value is shown as `…`, where it is too deep for JSON.stringify. */
const DEEPEST = 100;

export function pretty(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? 'null';
  } catch {
    return JSON.stringify(upTo(value, DEEPEST), null, 2) ?? 'null';
  }
}

/** A copy without what lies deeper. */
function upTo(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => upTo(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, upTo(inner, levels - 1)]));
}

/** Arguments of a tool call arrive as text that should be JSON but may not be. */
export function prettyText(text: string): string {
  try {
    return pretty(JSON.parse(text));
  } catch {
    return text;
  }
}

export function pieces(json: string): Piece[] {
  if (json.length > COLOUR_LIMIT) return [{ kind: 'plain', text: json }];
  const found: Piece[] = [];
  let end = 0;
  for (const match of json.matchAll(TOKEN)) {
    if (match.index > end) found.push({ kind: 'plain', text: json.slice(end, match.index) });
    const [all, string, colon, number] = match;
    if (string === undefined) found.push({ kind: number === undefined ? 'word' : 'number', text: all });
    else if (colon === undefined) found.push({ kind: 'string', text: string });
    else found.push({ kind: 'key', text: string }, { kind: 'plain', text: colon });
    end = match.index + all.length;
  }
  if (end < json.length) found.push({ kind: 'plain', text: json.slice(end) });
  return found;
}
