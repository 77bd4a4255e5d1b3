// What the live page writes in words.

import { count, plural, step } from '../lib/format';

/** How long a call has been running: 4 s, 1:05 min, 1:02:09 h, 3 d. Whole seconds, for they count up. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}\u202fs`;
  const two = (n: number) => String(n % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds)}\u202fmin`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}:${two(minutes)}:${two(seconds)}\u202fh`;
  return step(seconds * 1000);
}

/** What came since the last summary; empty where nothing came. */
export function summary(added: number, failed: number): string {
  if (added === 0 && failed === 0) return '';
  const calls = plural(added, 'new call');
  return failed === 0 ? calls : `${calls}, ${plural(failed, 'error')}`;
}

export function skippedNote(skipped: number): string {
  return `${plural(skipped, 'call')} more than can be shown came in that second`;
}

export const GAP_NOTE = 'Calls that came while nothing was received may be missing here';

export function waitingText(waiting: number): string {
  return `${plural(waiting, 'new call')} ↑`;
}

export function shownText(shown: number, most: number): string {
  return shown < most ? plural(shown, 'call') : `the last ${count(most)} calls`;
}
