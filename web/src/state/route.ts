/** The page's addresses. `/queue` is a drawer: it stands before the place it was opened from. */
import { createStore, useStore } from './store';

export type Place =
  | { name: 'sessions' }
  | { name: 'session'; id: string }
  | { name: 'processing'; id: string }
  | { name: 'settings' }
  | { name: 'unknown' };

export interface Route {
  /** What fills the page. */
  place: Place;
  queue: boolean;
  search: string;
  /** Counts steps made here, so that a new place can take the focus. */
  step: number;
}

/** Ids as they stand in a path, or null for one that no browser writes. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function placeOf(path: string): Place {
  const parts = path.split('/').filter(Boolean);
  if (parts.length === 0 || (parts.length === 1 && parts[0] === 'queue')) return { name: 'sessions' };
  if (parts.length === 1 && parts[0] === 'sessions') return { name: 'sessions' };
  if (parts.length === 1 && parts[0] === 'settings') return { name: 'settings' };
  const id = parts[0] === 'sessions' && parts[1] ? decoded(parts[1]) : null;
  if (id !== null && parts.length === 2) return { name: 'session', id };
  if (id !== null && parts.length === 3 && parts[2] === 'processing') return { name: 'processing', id };
  return { name: 'unknown' };
}

export const isQueue = (path: string): boolean => /^\/queue\/?$/.test(path);

function behindOf(state: unknown): string | null {
  if (typeof state !== 'object' || state === null || !('behind' in state)) return null;
  return typeof state.behind === 'string' ? state.behind : null;
}

function read(step: number): Route {
  const { pathname, search } = window.location;
  const queue = isQueue(pathname);
  const behind = queue ? behindOf(window.history.state) : null;
  if (behind === null) return { place: placeOf(pathname), queue, search, step };
  const url = new URL(behind, window.location.origin);
  return { place: placeOf(url.pathname), queue, search: url.search, step };
}

const route = createStore<Route>(read(0));

/** Follow the browser's back and forward; ends with the returned function. */
export function followHistory(): () => void {
  const follow = () => route.set((now) => read(now.step + 1));
  window.addEventListener('popstate', follow);
  return () => window.removeEventListener('popstate', follow);
}

const here = () => window.location.pathname + window.location.search;

export function go(to: string, options: { replace?: boolean } = {}): void {
  if (to === here()) return;
  const behind = isQueue(new URL(to, window.location.origin).pathname) && !isQueue(window.location.pathname) ? here() : null;
  if (options.replace) window.history.replaceState({ behind }, '', to);
  else window.history.pushState({ behind }, '', to);
  route.set((now) => read(options.replace ? now.step : now.step + 1));
}

export const openQueue = (): void => go('/queue');

/** Back to what stood behind the drawer. */
export function closeQueue(): void {
  if (behindOf(window.history.state) !== null) window.history.back();
  else go('/', { replace: true });
}

export const useRoute = (): Route => useStore(route, (now) => now);

export const addressOf = {
  sessions: '/',
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  processing: (id: string) => `/sessions/${encodeURIComponent(id)}/processing`,
  queue: '/queue',
  settings: '/settings',
};
