// What the lists of a stream have in common.

import type { Refusal } from '../lib/api';
import type { GroupsAnswer } from '../lib/groups';
import type { SearchAnswer } from '../lib/search';
import type { StreamName } from '../lib/url';
import type { ColumnName } from '../groups/columns';

/** Takes what an answer states about the search, and why the server refused it. */
export type Learn = (about: SearchAnswer | null, refusal: string | null) => void;

/** Why the server could not read the search; other refusals are not about it. */
export function refusedSearch(refusal: Refusal | null): string | null {
  return refusal?.status === 400 ? refusal.message : null;
}

export interface ListProps {
  name: StreamName;
  learn?: Learn;
  /** What is listed: `thread`, `user` or `name`. */
  group: string;
  /** Before the names of its parameters in the address; lists on one page need their own. */
  prefix?: '' | 'agents_';
  spans?: boolean;
  /** Terms in addition to those of the search. */
  terms?: string[];
  title: string;
  /** One of them, and more. */
  one: string;
  many: string;
  columns: ColumnName[];
  initial: string;
  /** What a reader calls a value. */
  call?: (key: string) => string;
  href: (key: string) => string | null;
  /** Adds to the head of the list. */
  note?: (answer: GroupsAnswer) => string;
}
