// Tokens by kind: input with its part from a cache, output with its part of
// reasoning. A part stands for itself where some is known; what is left may
// hold more of it that no provider has reported.

import type { Series } from '../lib/api';

export interface Kind {
  /** The word of the legend. */
  key: string;
  /** The same where the parts stand in one list. */
  label: string;
  token: string;
  values: (number | null)[];
  why?: string;
}

type Columns = Pick<Series, 'input_tokens' | 'output_tokens' | 'cached_tokens' | 'reasoning_tokens'>;

export function tokenColumns(all: Columns): Kind[] {
  return [
    ...parted(
      all.input_tokens,
      all.cached_tokens,
      { key: 'input', label: 'other input', token: '--accent', why: 'Input that is not known to come from a cache' },
      { key: 'cached', label: 'cached input', token: '--accent-soft', why: 'Input that the provider read from its cache' },
    ),
    ...parted(
      all.output_tokens,
      all.reasoning_tokens,
      { key: 'output', label: 'other output', token: '--second', why: 'Output that is not known to be reasoning' },
      { key: 'reasoning', label: 'reasoning', token: '--second-soft', why: 'Output that the model spent on reasoning' },
    ),
  ];
}

function parted(
  whole: (number | null)[],
  part: (number | null)[] | undefined,
  rest: Omit<Kind, 'values'>,
  own: Omit<Kind, 'values'>,
): Kind[] {
  const known = part?.some((value) => value !== null && value > 0) === true;
  if (!known) return [{ key: rest.key, label: rest.key, token: rest.token, values: whole }];
  // A part is never more than the whole, whatever was reported.
  const within = whole.map((value, bin) => (value === null ? null : Math.min(value, part?.[bin] ?? 0)));
  const left = whole.map((value, bin) => (value === null ? null : value - (within[bin] ?? 0)));
  const shown = within.map((value, bin) => (part?.[bin] == null ? null : value));
  return [
    { ...rest, values: left },
    { ...own, values: shown },
  ];
}
