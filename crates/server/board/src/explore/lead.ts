// Links to this page's own questions.

import { route } from '../lib/route.svelte';
import { sectionPath, type StreamName } from '../lib/url';

/** On the page itself a link changes the question in its place: the page does not scroll to its top. */
export function lead(event: MouseEvent, name: StreamName, href: string): void {
  const path = sectionPath(name, 'explore');
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!isPlain || location.pathname !== path) return;
  event.preventDefault();
  route.go(href);
}
