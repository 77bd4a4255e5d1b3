// A question that was not answered: when it is worth asking again.

import { Refusal, TooSlow } from '../lib/api';
import { BUSY_MS } from '../lib/live.svelte';

/** New calls seldom change a refusal: while they come every second it is not asked again every second. */
const REFUSED_MS = 15_000;

export interface Failed {
  error: unknown;
  /** The question, and the state of the stream it was asked in. */
  key: string;
  version: number;
  at: number;
}

/** Whether the answer would be the same, or the server has to be left alone for a while. */
export function holds(failed: Failed, key: string, version: number, now: number): boolean {
  const { error, at } = failed;
  if (failed.key !== key) return false;
  if (isSlow(error)) return now - at < BUSY_MS;
  if (!(error instanceof Refusal) || error.status >= 500) return false;
  // A stream that is missing is there with its first call.
  return failed.version === version || (error.status !== 404 && now - at < REFUSED_MS);
}

/** The server has no capacity, or took longer than an answer may take: asking soon again would make it worse. */
function isSlow(error: unknown): boolean {
  return error instanceof TooSlow || (error instanceof Refusal && error.isBusy);
}
