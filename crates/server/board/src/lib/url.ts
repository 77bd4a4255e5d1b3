// The address is the state: the path says which stream, the query says how it
// is looked at. Defaults are left out, so a plain address stays plain.

export type Place =
  | { kind: 'streams'; entity: string | null; project: string | null }
  | { kind: 'board'; entity: string; project: string; stream: string }
  | { kind: 'call'; entity: string; project: string; id: string }
  | { kind: 'object'; entity: string; project: string; name: string; digest: string }
  | { kind: 'unknown'; path: string };

export type StreamName = { entity: string; project: string; stream: string };

/** Relative ranges by name, in milliseconds; `all` has no bound. */
export const RANGES = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 7 * 86_400_000,
  all: null,
} as const;

export type Range = keyof typeof RANGES;

export const LISTS = ['model', 'status', 'outcome', 'op', 'provider'] as const;
export type List = (typeof LISTS)[number];

export const TABS = ['conversation', 'parameters', 'raw'] as const;
export type Tab = (typeof TABS)[number];

export interface View extends Record<List, string[]> {
  range: Range;
  /** A zoom inside the range; while set it wins over `range`. */
  from: number | null;
  to: number | null;
  group: string;
  attr: [path: string, value: string][];
  sort: string;
  page: number;
  call: string | null;
  tab: Tab;
}

export const DEFAULTS: Readonly<View> = {
  range: 'all',
  from: null,
  to: null,
  group: 'model',
  model: [],
  status: [],
  outcome: [],
  op: [],
  provider: [],
  attr: [],
  sort: '-started_at',
  page: 1,
  call: null,
  tab: 'conversation',
};

export const PAGE_SIZE = 50;

/** Enough bins to show shape in a quarter of the page, wide enough to hit. */
const BINS = 48;

export function readPlace(path: string): Place {
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  const [entity, project, kind, last, id] = parts;
  if (entity === undefined) return { kind: 'streams', entity: null, project: null };
  if (project !== undefined && kind === 'weave' && (parts.length === 3 || last === 'agents')) {
    return { kind: 'streams', entity, project };
  }
  if (project !== undefined && kind === 'table' && last !== undefined && parts.length === 4) {
    return { kind: 'board', entity, project, stream: last };
  }
  if (project !== undefined && kind === 'r' && last === 'call' && id !== undefined) {
    return { kind: 'call', entity, project, id };
  }
  return readObject(parts) ?? { kind: 'unknown', path };
}

/** W&B's clients print links to what they publish; a leaderboard's link names no version. */
function readObject(parts: string[]): Place | null {
  const [entity, project, weave, kind, name, versions, digest] = parts;
  if (entity === undefined || project === undefined || weave !== 'weave' || name === undefined) return null;
  if (kind === 'leaderboards' && parts.length === 5) {
    return { kind: 'object', entity, project, name, digest: 'latest' };
  }
  const isObject = kind === 'objects' || kind === 'ops';
  if (!isObject || versions !== 'versions' || digest === undefined) return null;
  return { kind: 'object', entity, project, name, digest };
}

export function objectPath(entity: string, project: string, name: string, digest: string): string {
  return `/${[entity, project, 'weave', 'objects', name, 'versions', digest].map(encodeURIComponent).join('/')}`;
}

export function boardPath({ entity, project, stream }: StreamName): string {
  return `/${[entity, project, 'table', stream].map(encodeURIComponent).join('/')}`;
}

export function projectPath(entity: string, project: string): string {
  return `/${[entity, project, 'weave'].map(encodeURIComponent).join('/')}`;
}

export function callPath(entity: string, project: string, id: string): string {
  return `/${[entity, project, 'r', 'call', id].map(encodeURIComponent).join('/')}`;
}

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const view: View = { ...DEFAULTS };
  const range = query.get('range');
  if (range !== null && range in RANGES) view.range = range as Range;
  view.from = readTime(query.get('from'));
  view.to = readTime(query.get('to'));
  view.group = query.get('group') ?? DEFAULTS.group;
  for (const list of LISTS) view[list] = query.getAll(list);
  view.attr = query.getAll('attr').map(splitAttr);
  view.sort = query.get('sort') ?? DEFAULTS.sort;
  view.page = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1);
  view.call = query.get('call');
  view.tab = TABS.find((tab) => tab === query.get('tab')) ?? DEFAULTS.tab;
  return view;
}

/** The query of a view, with its `?`, or the empty string. */
export function writeView(view: View): string {
  const query = new URLSearchParams();
  if (view.range !== DEFAULTS.range) query.set('range', view.range);
  if (view.from !== null) query.set('from', String(Math.round(view.from)));
  if (view.to !== null) query.set('to', String(Math.round(view.to)));
  if (view.group !== DEFAULTS.group) query.set('group', view.group);
  writeFilters(view, query);
  if (view.sort !== DEFAULTS.sort) query.set('sort', view.sort);
  if (view.page !== DEFAULTS.page) query.set('page', String(view.page));
  if (view.call !== null) query.set('call', view.call);
  if (view.call !== null && view.tab !== DEFAULTS.tab) query.set('tab', view.tab);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function writeFilters(view: View, query: URLSearchParams): void {
  for (const list of LISTS) for (const value of view[list]) query.append(list, value);
  for (const [path, value] of view.attr) query.append('attr', `${path}=${value}`);
}

/** What the server is asked for; a relative range ends at `now`. */
function selection(name: StreamName, view: View, now: number): URLSearchParams {
  const query = new URLSearchParams({ ...name });
  const span = RANGES[view.range];
  if (view.from !== null || view.to !== null) {
    if (view.from !== null) query.set('from', String(view.from));
    if (view.to !== null) query.set('to', String(view.to));
  } else if (span !== null) {
    query.set('from', String(now - span));
    query.set('to', String(now));
  }
  writeFilters(view, query);
  return query;
}

export function summaryQuery(name: StreamName, view: View, now: number): URLSearchParams {
  const query = selection(name, view, now);
  query.set('group', view.group);
  query.set('bins', String(BINS));
  return query;
}

export function callsQuery(name: StreamName, view: View, now: number): URLSearchParams {
  const query = selection(name, view, now);
  query.set('sort', view.sort);
  query.set('limit', String(PAGE_SIZE));
  query.set('offset', String((view.page - 1) * PAGE_SIZE));
  return query;
}

export function isRelative(view: View): boolean {
  return view.from === null && view.to === null && RANGES[view.range] !== null;
}

export function isFiltered(view: View): boolean {
  return view.attr.length > 0 || LISTS.some((list) => view[list].length > 0);
}

/** The change that adds a filter on one value of a group, or takes it away. */
export function toggleFilter(view: View, group: string, key: string): Partial<View> {
  if (group.startsWith('attr:')) {
    const path = group.slice('attr:'.length);
    const rest = view.attr.filter(([p, v]) => p !== path || v !== key);
    const added = rest.length === view.attr.length;
    return { page: 1, attr: added ? [...rest, [path, key]] : rest };
  }
  const list = LISTS.find((name) => name === group);
  if (list === undefined) return {};
  const rest = view[list].filter((value) => value !== key);
  const added = rest.length === view[list].length;
  return { page: 1, [list]: added ? [...rest, key] : rest };
}

export function hasFilter(view: View, group: string, key: string): boolean {
  if (group.startsWith('attr:')) {
    const path = group.slice('attr:'.length);
    return view.attr.some(([p, v]) => p === path && v === key);
  }
  const list = LISTS.find((name) => name === group);
  return list !== undefined && view[list].includes(key);
}

function splitAttr(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function readTime(text: string | null): number | null {
  if (text === null || text === '') return null;
  const time = Number(text);
  return Number.isFinite(time) ? time : null;
}

/** A path typed by hand may hold a bad escape; that is no reason to fail. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
