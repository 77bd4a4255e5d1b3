// Saved boards: documents of a project, with their versions.

import type { PanelSpec } from '../explore/spec';
import { fetchJson, postJson, requestJson } from './api';

/** A board as it is saved. The server limits its size; it may hold what this page does not know. */
export interface Board {
  title: string;
  about?: string;
  /** The stream that it is about; null for any stream of the project. */
  stream: string | null;
  /** How many panels stand side by side. */
  columns?: number;
  /** Calls that are listed under the panels. */
  list?: 'newest' | 'errors' | 'slowest';
  panels: PanelSpec[];
}

/** A version of a board, in a list. */
export interface BoardVersion {
  version: number;
  title: string;
  /** In ms since 1970. */
  saved_at: number;
  /** The version takes the board away. */
  deleted: boolean;
}

export interface BoardEntry extends BoardVersion {
  id: string;
  stream: string | null;
  /** How many it has. */
  panels: number;
}

export interface SavedBoard {
  id: string;
  version: number;
  saved_at: number;
  deleted: boolean;
  /** Not checked: `unknown` is what it is to a page. */
  board: unknown;
  /** The newest first. */
  history: BoardVersion[];
}

export interface SavedVersion {
  id: string;
  version: number;
  saved_at: number;
}

export interface Project {
  entity: string;
  project: string;
}

const queryOf = ({ entity, project }: Project, more: Record<string, string> = {}) => new URLSearchParams({ entity, project, ...more });

export async function fetchBoards(project: Project, signal: AbortSignal): Promise<BoardEntry[]> {
  const { boards } = await fetchJson<{ boards: BoardEntry[] }>('/api/boards', queryOf(project), signal);
  return boards;
}

/** The latest version, or the one that is named. */
export function fetchBoard(project: Project, id: string, version: number | null, signal: AbortSignal): Promise<SavedBoard> {
  return fetchJson<SavedBoard>('/api/board', queryOf(project, { id, ...(version === null ? {} : { version: String(version) }) }), signal);
}

export function createBoard({ entity, project }: Project, board: Board, signal: AbortSignal): Promise<SavedVersion> {
  return postJson<SavedVersion>('/api/boards', { entity, project, board }, signal);
}

/** Saves a version after `base`; refused with 409 if that is not the latest. */
export function saveBoard({ entity, project }: Project, id: string, base: number, board: unknown, signal: AbortSignal): Promise<SavedVersion> {
  return postJson<SavedVersion>('/api/boards', { entity, project, id, base, board }, signal);
}

export function deleteBoard(project: Project, id: string, signal: AbortSignal): Promise<{ version: number }> {
  return requestJson<{ version: number }>('DELETE', '/api/board', queryOf(project, { id }), signal);
}

/** The last version once more: a deleted board is back. */
export async function restoreBoard(project: Project, id: string, signal: AbortSignal): Promise<SavedVersion> {
  const { version, board } = await fetchBoard(project, id, null, signal);
  return saveBoard(project, id, version, board, signal);
}

/** The boards of a stream: its own, and those of the whole project. */
export const boardsOf = (all: BoardEntry[], stream: string): BoardEntry[] =>
  all.filter((entry) => !entry.deleted && (entry.stream === null || entry.stream === stream));
