/** Whether the backend is there, and how this page hears from it. */
import { createStore, useStore } from '../state/store';

/**
 * starting: nothing is known yet. live: events stream. polling: it answers, but the stream fails.
 * offline: nobody answers. out: it does not know this browser (any more).
 */
export type Link = 'starting' | 'live' | 'polling' | 'offline' | 'out';

export interface Connection {
  link: Link;
}

export const connection = createStore<Connection>({ link: 'starting' });

export function setLink(link: Link): void {
  // Who was signed out stays so until the page is opened again.
  connection.set((now) => (now.link === link || now.link === 'out' ? now : { link }));
}

export const useLink = (): Link => useStore(connection, (now) => now.link);

/** Milliseconds between two looks at something, or false while events tell of it. */
export function pollEvery(link: Link, milliseconds: number): number | false {
  return link === 'polling' ? milliseconds : false;
}

/** Milliseconds before the next try, by how many failed: quick at first, never far apart. */
export function patience(failures: number): number {
  return Math.min(5000, 500 * 2 ** Math.max(0, failures - 1));
}
