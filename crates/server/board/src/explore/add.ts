// Adding a question to a saved board.

import { always, Refusal } from '../lib/api';
import { createBoard, fetchBoard, saveBoard, type Project } from '../lib/boards';
import type { StreamName } from '../lib/url';
import type { PanelSpec } from './spec';

export interface Added {
  id: string;
  title: string;
}

export const NEW_TITLE = 'New board';

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The board with one panel more, the rest as it is: also what this page cannot show. Null where it is no board. */
export function withPanel(board: unknown, spec: PanelSpec): Fields | null {
  if (!isObject(board) || !Array.isArray(board['panels'])) return null;
  const panels: unknown[] = board['panels'];
  return { ...board, panels: [...panels, spec] };
}

/** With what is the latest of the board; once more if somebody saves it at the same time. */
export async function addTo(project: Project, entry: Added, spec: PanelSpec, again = true): Promise<Added> {
  const { version, deleted, board } = await fetchBoard(project, entry.id, null, always());
  // To save it would bring it back.
  if (deleted) throw new Error(`The board “${entry.title}” was deleted meanwhile.`);
  const next = withPanel(board, spec);
  if (next === null) throw new Error(`This page cannot read the board “${entry.title}”.`);
  try {
    await saveBoard(project, entry.id, version, next, always());
  } catch (failure) {
    if (again && failure instanceof Refusal && failure.status === 409) return addTo(project, entry, spec, false);
    throw failure;
  }
  const { title } = next;
  return { id: entry.id, title: typeof title === 'string' ? title : entry.title };
}

/** A new board of the stream with this one panel. */
export async function addToNew(name: StreamName, text: string, spec: PanelSpec): Promise<Added> {
  const title = text.trim() === '' ? NEW_TITLE : text.trim();
  const { id } = await createBoard(name, { title, stream: name.stream, panels: [spec] }, always());
  return { id, title };
}
