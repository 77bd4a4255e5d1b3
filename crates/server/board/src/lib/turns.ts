// One conversation of a stream, as the server lists its turns.

import type { Row, Stats } from './api';

export interface Turn {
  row: Row;
  /** The last message of the user, whole. */
  asked: string | null;
  answered: string | null;
  tool: { name: string; arguments: string | null; result: string | null } | null;
}

export interface TurnsAnswer {
  total: number;
  stats: Stats;
  agents: string[];
  users: string[];
  turns: Turn[];
}

/** Turns at once. */
export const TURNS = 50;

/**
 * Which turns ask what the one before them asked: an agent that calls tools
 * sends the same question again, and it should not read as asked twice. Only
 * where the question was still open: after an answer, the same words are new.
 */
export function asksAgain(turns: Turn[]): boolean[] {
  let last: string | null = null;
  let ended = false;
  return turns.map(({ row, asked, answered, tool }) => {
    // Words next to a tool call are no end: the tool's turn opens the question again.
    if (tool !== null) ended = false;
    if (tool !== null || row.operation === null) return false;
    const again = asked !== null && asked === last && !ended;
    last = asked;
    ended = answered !== null && answered !== '';
    return again;
  });
}
