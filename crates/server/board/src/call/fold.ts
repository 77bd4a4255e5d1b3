// How much of a text is shown before the reader asks for all of it.

/** Long enough to see what a text is, short enough to see the next one. */
export const LINES = 12;
/** About as many characters as that many full lines hold. */
export const CHARACTERS = 1_200;

/** Where to cut, in characters; the whole length where a cut would save little. */
export function fold(text: string, lines = LINES, characters = CHARACTERS): number {
  let end = Math.min(text.length, characters);
  let line = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    line += 1;
    if (line === lines) end = at;
  }
  // A button in place of two or three lines would only be in the way.
  const rest = text.slice(end, end + characters);
  if (end + rest.length === text.length && rest.length < characters / 4 && breaks(rest) < lines / 4 + 1) return text.length;
  // A surrogate pair must not be split.
  return /[\ud800-\udbff]$/.test(text.slice(0, end)) ? end - 1 : end;
}

const breaks = (text: string) => text.split('\n').length - 1;

/** The length of what is folded away: in lines where it has many, else in characters. */
export function hidden(text: string): string {
  const lines = breaks(text) + 1;
  return lines > LINES ? `${lines.toLocaleString('en-US')} lines` : `${text.length.toLocaleString('en-US')} characters`;
}
