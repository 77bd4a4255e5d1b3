// What the palette offers: places to go and things to do, found by their words.

import { boardsHref, writeBoard } from '../boards/address';
import { BOARD_TITLES, BOARDS } from '../boards/titles';
import type { Stream } from '../lib/api';
import type { BoardEntry } from '../lib/boards';
import { FIXED_GROUPS } from '../lib/format';
import { withOwn } from '../lib/own';
import { boardPath, callPath, RANGES, SECTIONS, sectionPath, tracePath, type Place, type Range, type StreamName, type View } from '../lib/url';

export type Does = { go: string } | { show: Partial<View> } | { theme: 'auto' | 'light' | 'dark' };

export interface Command {
  group: string;
  text: string;
  note?: string;
  does: Does;
}

/** No two commands do the same, though two may read the same: an attribute may be named as a property. */
export const keyOf = ({ group, text, does }: Command): string => JSON.stringify([group, text, does]);

const SPAN = /^[0-9a-f]{16}$/i;
const TRACE = /^[0-9a-f]{32}$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const RANGE_TEXTS: Record<Range, string> = {
  '15m': 'last 15 minutes',
  '1h': 'last hour',
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
  all: 'everything recorded',
};

/** Where a pasted id may lead. A call has 16 digits or a UUID, a trace 32 or a UUID. */
export function ofId(text: string, projects: { entity: string; project: string }[]): Command[] {
  const id = text.trim();
  const kinds = SPAN.test(id) ? ['call'] : TRACE.test(id) ? ['trace', 'call'] : UUID.test(id) ? ['call', 'trace'] : [];
  return projects.flatMap(({ entity, project }) =>
    kinds.map((kind) => {
      const path = kind === 'call' ? callPath(entity, project, id) : tracePath(entity, project, id);
      return { group: 'Open', text: `Open ${kind} ${id}`, note: `${entity}/${project}`, does: { go: path } };
    }),
  );
}

/** `saved` are the saved boards of the project that is open. */
export function commands(place: Place, streams: Stream[], paths: string[] | null, saved: BoardEntry[] = []): Command[] {
  const stream = streamOf(place);
  return [
    ...(stream === null ? [] : [...sections(stream), ...boards(stream)]),
    ...savedBoards(place, streams, saved),
    ...streams.map((one) => ({
      group: 'Streams',
      text: one.stream,
      note: `${one.entity}/${one.project}`,
      does: { go: boardPath(one) },
    })),
    ...(paths === null ? [] : groupings(paths)),
    ...(place.kind === 'board' || place.kind === 'section' ? ranges() : []),
    ...(['auto', 'light', 'dark'] as const).map((theme) => ({ group: 'Theme', text: `Theme: ${theme}`, does: { theme } })),
  ];
}

export function streamOf(place: Place): StreamName | null {
  if (!('stream' in place)) return null;
  const { entity, project, stream } = place;
  return { entity, project, stream };
}

function sections(name: StreamName): Command[] {
  const places: [text: string, path: string][] = [
    ['Overview', boardPath(name)],
    ...SECTIONS.map((section): [string, string] => [section.charAt(0).toUpperCase() + section.slice(1), sectionPath(name, section)]),
    ['All streams', '/'],
  ];
  return places.map(([text, path]) => ({ group: 'Go to', text, note: path === '/' ? '' : name.stream, does: { go: path } }));
}

function boards(name: StreamName): Command[] {
  const path = sectionPath(name, 'boards');
  return BOARDS.map((id) => ({ group: 'Boards', text: BOARD_TITLES[id], note: name.stream, does: { go: path + withOwn('', writeBoard(id)) } }));
}

/** One of any stream opens on the stream that is open, or else on the first of the project. */
function savedBoards(place: Place, streams: Stream[], saved: BoardEntry[]): Command[] {
  if (!('entity' in place) || place.entity === null || place.project === null) return [];
  const { entity, project } = place;
  const any = streamOf(place)?.stream ?? streams.find((one) => one.entity === entity && one.project === project)?.stream;
  return saved.flatMap(({ id, title, stream, deleted }) => {
    const there = stream ?? any;
    if (deleted || there === undefined) return [];
    return [{ group: 'Boards', text: `Board: ${title}`, note: stream ?? 'all streams', does: { go: boardsHref({ entity, project, stream: there }, id) } }];
  });
}

function groupings(paths: string[]): Command[] {
  const groups = [...FIXED_GROUPS.map(([group, text]) => [group, text.toLowerCase()]), ...paths.map((path) => [`attr:${path}`, path])];
  return groups.map(([group = '', text = '']) => ({ group: 'Group', text: `Group by ${text}`, does: { show: { group } } }));
}

function ranges(): Command[] {
  return (Object.keys(RANGES) as Range[]).map((range) => ({
    group: 'Range',
    text: `Range: ${RANGE_TEXTS[range]}`,
    does: { show: { range, from: null, to: null, page: 1 } },
  }));
}

/** Commands that hold every word, in their order. */
export function matching(all: Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return all.filter(({ group, text: own, note = '' }) => {
    const whole = `${group} ${own} ${note}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}
