// The views of a board, in as few questions as they take.

import { fetchViews, type QueryView, type ViewAnswer } from '../lib/query';
import type { StreamName, View } from '../lib/url';

/** The most views in one question. */
export const AT_ONCE = 16;

export function inParts<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}

export async function askViews(name: StreamName, view: View, views: QueryView[], now: number, signal: AbortSignal): Promise<ViewAnswer[]> {
  const answers = await Promise.all(inParts(views, AT_ONCE).map((part) => fetchViews(name, view, part, now, signal)));
  return answers.flatMap((answer) => answer.views);
}
