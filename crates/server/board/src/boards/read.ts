// A board as it was saved or read from a file: another version of this page, or a person, may have written it.

import { isPanelMeasure } from '../explore/measures';
import { DRAWS, isGroup, type Draw, type PanelSpec } from '../explore/spec';
import type { Board } from '../lib/boards';
import { PARTS } from './context';

export interface ReadBoard {
  board: Board;
  /** Panels that this page cannot show. */
  left: number;
}

const LISTS = ['newest', 'errors', 'slowest'] as const;

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const count = (value: unknown): number | null => (typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null);
const isPart = (by: string) => PARTS.some((part) => by === `@${part}`);

/** What the page can show of it; null where it is no board. */
export function readBoard(value: unknown): ReadBoard | null {
  if (!isObject(value) || !Array.isArray(value['panels'])) return null;
  const title = text(value['title'])?.trim() ?? '';
  if (title === '') return null;
  const panels = value['panels'].map(readPanel).filter((panel) => panel !== null);
  const about = text(value['about']);
  const columns = count(value['columns']);
  const list = LISTS.find((one) => one === value['list']);
  const board: Board = {
    title,
    ...(about === null ? {} : { about }),
    stream: text(value['stream']),
    ...(columns === null ? {} : { columns: Math.min(columns, 6) }),
    ...(list === undefined ? {} : { list }),
    panels,
  };
  return { board, left: value['panels'].length - panels.length };
}

function readPanel(value: unknown): PanelSpec | null {
  if (!isObject(value)) return null;
  const measure = text(value['measure']);
  const draw = DRAWS.find((one): one is Draw => one === value['draw']);
  const by: unknown = value['by'];
  if (measure === null || !isPanelMeasure(measure) || draw === undefined || !Array.isArray(by) || by.length > 2) return null;
  if (!by.every((one): one is string => typeof one === 'string' && (isGroup(one) || isPart(one)))) return null;
  const [title, q, sort, limit] = [text(value['title']), text(value['q']), text(value['sort']), count(value['limit'])];
  return {
    ...(title === null ? {} : { title }),
    measure,
    by,
    draw,
    ...(q === null || q === '' ? {} : { q }),
    ...(value['spans'] === true ? { spans: true } : {}),
    ...(limit === null ? {} : { limit: Math.min(limit, 500) }),
    ...(sort === null ? {} : { sort }),
  };
}

/** A board from the text of a file, or the reason why it is none. */
export function boardOfText(source: string): ReadBoard | string {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  // What the server answers has the board in it.
  const inner = isObject(value) && isObject(value['board']) ? value['board'] : value;
  const found = readBoard(inner);
  if (found === null) return 'This is no board: it needs a title and panels.';
  // Boards of other programs have titles and panels too.
  if (found.left > 0 && found.board.panels.length === 0) return `None of its panels is one of spanloom's: “${found.board.title}” may be a board of another program.`;
  return found;
}
