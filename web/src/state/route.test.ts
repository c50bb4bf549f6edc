import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFilter, writeFilter } from '../rooms/sessions/filter';
import { takeDoor } from '../api/sign-in';
import { addressOf, go, isQueue, placeOf } from './route';

beforeEach(() => window.history.replaceState(null, '', '/'));
afterEach(() => window.history.replaceState(null, '', '/'));

test('every address has its place', () => {
  expect(placeOf('/')).toEqual({ name: 'sessions' });
  expect(placeOf('/queue')).toEqual({ name: 'sessions' });
  expect(placeOf('/sessions/a%20b')).toEqual({ name: 'session', id: 'a b' });
  expect(placeOf('/sessions/x/processing')).toEqual({ name: 'processing', id: 'x' });
  expect(placeOf('/settings')).toEqual({ name: 'settings' });
  for (const path of ['/nowhere', '/sessions/x/y', '/settings/z', '/sessions/%E0%A4%A']) {
    expect(placeOf(path)).toEqual({ name: 'unknown' });
  }
  expect(placeOf(addressOf.session('a/b?#'))).toEqual({ name: 'session', id: 'a/b?#' });
  expect(isQueue('/queue/')).toBe(true);
});

test('the queue remembers what stands behind it', () => {
  go('/settings');
  go('/queue');
  expect(window.history.state).toEqual({ behind: '/settings' });
});

test('what is shown of the sessions survives the address', () => {
  const filter = { q: 'a & b', show: 'failed', sort: 'title' } as const;
  expect(readFilter(new URL(writeFilter(filter), 'http://x').search)).toEqual(filter);
  expect(writeFilter({ q: '', show: 'all', sort: 'newest' })).toBe('/');
  expect(readFilter('?show=nonsense&sort=__proto__')).toEqual({ q: '', show: 'all', sort: 'newest' });
});

test('the token is taken out of the address', () => {
  window.history.replaceState(null, '', '/sessions/x#token=a-B_9');
  expect(takeDoor()).toEqual({ token: 'a-B_9', window: false });
  expect(window.location.href).toMatch(/\/sessions\/x$/);
  expect(takeDoor()).toBeNull();
  window.history.replaceState(null, '', '/#token=a-B_9&window');
  expect(takeDoor()).toEqual({ token: 'a-B_9', window: true });
  expect(window.location.href).toMatch(/\/$/);
});
