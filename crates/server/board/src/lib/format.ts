// Numbers and times as people read them. Unknown is a word, never a zero.

export const UNKNOWN = 'unknown';
const NARROW_SPACE = '\u202f';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

/** 9,999 stays exact; from there three digits and a letter: 12.3 k. */
export function compact(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (Math.abs(value) < 10_000) return whole.format(value);
  // No count of ours is that large: a hostile or broken one must not widen the page.
  if (Math.abs(value) >= 999.5e12) return `${value < 0 ? '<\u2212' : '>'}999${NARROW_SPACE}T`;
  for (const [size, letter] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    // 999,500 would round to 1000 k; let the next letter have it.
    if (Math.abs(value) >= size * 0.9995) {
      return `${trim((value / size).toPrecision(3))}${NARROW_SPACE}${letter}`;
    }
  }
  return whole.format(value);
}

/** A size on disk. */
export function bytes(value: number): string {
  for (const [size, unit] of [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']] as const) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}${NARROW_SPACE}${unit}`;
  }
  return `${value}${NARROW_SPACE}B`;
}

/** A mean: one decimal below a hundred, none above. */
export function mean(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value < 100 ? trim(value.toFixed(1)) : compact(Math.round(value));
}

/** Four significant digits below a cent, then four decimals, then cents. */
export function cost(usd: number | null): string {
  if (usd === null) return UNKNOWN;
  if (usd === 0) return '$0';
  const size = Math.abs(usd);
  if (size >= 10_000) return `$${compact(usd)}`;
  if (size >= 1) return `$${usd.toLocaleString('en-US', cents)}`;
  if (size >= 0.01) return `$${usd.toFixed(4)}`;
  const decimals = Math.min(12, 3 - Math.floor(Math.log10(size)));
  return `$${trim(usd.toFixed(decimals))}`;
}

const cents = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

/** A round amount of an axis, without the zeros. */
export function costStep(usd: number): string {
  return trim(cost(usd));
}

/**
 * Decimals that make one column of costs line up: three significant digits of
 * the smallest, between cents and millionths.
 */
export function costDecimals(values: (number | null)[]): number {
  const known = values.filter((value): value is number => value !== null && value > 0);
  if (known.length === 0) return 2;
  const smallest = known.reduce((least, value) => Math.min(least, value));
  return Math.min(6, Math.max(2, 2 - Math.floor(Math.log10(smallest))));
}

export function costFixed(usd: number, decimals: number): string {
  const least = 10 ** -decimals;
  if (usd > 0 && usd < least / 2) return `<$${least.toFixed(decimals)}`;
  return `$${usd.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })}`;
}

/** A duration split in number and unit, so that a column can align both. */
export function durationParts(ms: number): [number: string, unit: string] {
  if (ms < 10) return [trim(ms.toPrecision(2)), 'ms'];
  if (ms < 999.5) return [ms.toFixed(0), 'ms'];
  if (ms < 9_995) return [(ms / 1000).toFixed(2), 's'];
  if (ms < 59_950) return [(ms / 1000).toFixed(1), 's'];
  if (ms < 3_570_000) return [(ms / 60_000).toFixed(1), 'min'];
  if (ms < 86_400_000) return [(ms / 3_600_000).toFixed(1), 'h'];
  if (ms < 9_999 * 86_400_000) return [(ms / 86_400_000).toFixed(1), 'd'];
  return ['>9,999', 'd'];
}

export function duration(ms: number | null): string {
  return ms === null ? UNKNOWN : durationParts(ms).join(NARROW_SPACE);
}

/** A step of time as it is written: 10 s, 5 min, 1 d. */
export function step(ms: number): string {
  const [number, unit] = durationParts(ms);
  return `${trim(number)}${NARROW_SPACE}${unit}`;
}

export function percent(part: number, of: number | null): string {
  if (of === null || of === 0) return UNKNOWN;
  const share = (100 * part) / of;
  if (share > 0 && share < 0.1) return '<0.1%';
  return `${trim(share.toFixed(share < 10 ? 1 : 0))}%`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const two = (n: number) => String(n).padStart(2, '0');

export function day(ms: number): string {
  const at = new Date(ms);
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ''}`;
}

export function date(ms: number): string {
  return `${day(ms)} ${new Date(ms).getFullYear()}`;
}

/** The day, with its year where the two ends do not share one. */
export function dayWithin(ms: number, range: { from: number; to: number }): string {
  return sameYear(range.from, range.to) ? day(ms) : date(ms);
}

export function sameYear(one: number, other: number): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear();
}

export type Precision = 'min' | 's' | 'ms';

/** How exact a clock must be to show two times as different. */
export function precisionOf(apart: number): Precision {
  return apart < 1_000 ? 'ms' : apart < 60_000 ? 's' : 'min';
}

/** The zone in which every time here is written: UTC, UTC+1, UTC−3:30. */
export function zone(offset: number): string {
  // A date's own offset counts westward.
  const minutes = Math.abs(offset);
  if (minutes === 0) return 'UTC';
  const rest = minutes % 60;
  return `UTC${offset < 0 ? '+' : '\u2212'}${Math.floor(minutes / 60)}${rest === 0 ? '' : `:${two(rest)}`}`;
}

export function clock(ms: number, precision: Precision = 's'): string {
  const at = new Date(ms);
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (precision === 'min') return minutes;
  const seconds = `${minutes}:${two(at.getSeconds())}`;
  return precision === 's' ? seconds : `${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function dateTime(ms: number): string {
  return `${date(ms)}, ${clock(ms, 'ms')}`;
}

/** A span of time, with the day and the year only where they are needed. */
export function span(from: number, to: number): string {
  const precision = to - from < 2_000 ? 'ms' : to - from < 120_000 ? 's' : 'min';
  const range = { from, to };
  const left = `${dayWithin(from, range)} ${clock(from, precision)}`;
  const right = date(from) === date(to) ? '' : `${dayWithin(to, range)} `;
  return `${left} – ${right}${clock(to, precision)}`;
}

/**
 * Text of a call inside a sentence that we write. The marks keep a right-to-left
 * override in it from turning the rest around, where no element can: in a title.
 */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

export function ago(ms: number | null, now: number): string {
  if (ms === null) return 'never';
  const passed = Math.max(0, now - ms);
  if (passed < 5_000) return 'just now';
  if (passed < 60_000) return `${Math.floor(passed / 1000)} s ago`;
  if (passed < 3_600_000) return `${Math.floor(passed / 60_000)} min ago`;
  if (passed < 2 * 86_400_000) return `${Math.floor(passed / 3_600_000)} h ago`;
  return `${Math.floor(passed / 86_400_000)} d ago`;
}

/** "1 call", "2 calls". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const GROUPS: Record<string, string> = {
  model: 'Model',
  op: 'Operation',
  provider: 'Provider',
  status: 'Status',
  outcome: 'Outcome',
  user: 'User',
  thread: 'Conversation',
  name: 'Name',
};

export const FIXED_GROUPS = Object.entries(GROUPS);

export function groupName(group: string): string {
  return group.startsWith('attr:') ? group.slice('attr:'.length) : (GROUPS[group] ?? group);
}

/** The same in the middle of a sentence; an attribute's path stays as it is. */
export function groupWord(group: string): string {
  return group in GROUPS ? groupName(group).toLowerCase() : groupName(group);
}

export function groupKey(group: string, key: string): string {
  if (key !== '') return key;
  return group.startsWith('attr:') || group === 'user' || group === 'thread' ? 'not set' : UNKNOWN;
}

/** Zeros after the point mean nothing: 1.50 is 1.5, 2.0 is 2. */
function trim(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}
