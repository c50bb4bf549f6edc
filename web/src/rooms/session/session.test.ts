import { expect, test, vi } from 'vitest';
import type { WholeSession } from '../../api/types';
import { actOf } from './keys';
import { newPlaying, nextRate, type Player } from './player';
import { claimsH264, showsNothing, takesPieces, versionOf } from './rendition';
import { leave, leftAt, worthKeeping } from './usePosition';
import { panned, placeOf, shows, turnedTo, within as inside, zoomed } from './view';
import { levels, linesOf, loudest, marks, pathsOf, piecesOf, ticksOf, within } from './wave';

const session = (fields: Partial<WholeSession>): WholeSession =>
  ({ id: 'a b', film: { key: 'k1', path: '', size: 1, duration: 9 }, jobs: [], ...fields }) as unknown as WholeSession;

test('the film plays where it can, and in pieces where it cannot', () => {
  expect(versionOf(session({}), true, true)).toEqual({ kind: 'film', source: '/api/sessions/a%20b/media?v=k1', key: 'k1' });
  expect(versionOf(session({}), false, true)).toEqual({ kind: 'rendition', source: 'a b', key: 'k1' });
  expect(versionOf(session({}), false, false)).toEqual({ kind: 'unplayable' });
  expect(versionOf(session({ film: null }), true, true)).toEqual({ kind: 'none' });
  expect(takesPieces({ isTypeSupported: (type) => type.includes('vp9') })).toBe(true);
  expect(takesPieces(null)).toBe(false);
});

test('a browser that claims nothing, or shows no picture, is not believed', () => {
  expect(claimsH264({ canPlayType: () => '' })).toBe(false);
  expect(claimsH264({ canPlayType: () => 'probably' })).toBe(true);
  expect(showsNothing(0, true)).toBe(true);
  expect(showsNothing(0, false)).toBe(false);
  expect(showsNothing(null, true)).toBe(false);
});

test('speeds go step by step, and stop at both ends', () => {
  expect([nextRate(1, true), nextRate(1, false), nextRate(3, true), nextRate(0.5, false), nextRate(1.1, false)]).toEqual([1.25, 0.75, 3, 0.5, 1]);
});

test('keys do what they do everywhere', () => {
  const state = newPlaying();
  const player = { state, now: vi.fn(), toggle: vi.fn(), seek: vi.fn(), by: vi.fn(), rate: vi.fn(), volume: vi.fn(), mute: vi.fn(), full: vi.fn(), pip: vi.fn() };
  const press = (key: string, shift = false) => actOf(key, shift, player)?.();
  state.set((now) => ({ ...now, duration: 100 }));
  press(' ');
  press('k');
  expect(player.toggle).toHaveBeenCalledTimes(2);
  press('j');
  press('l');
  press('ArrowLeft');
  press('ArrowRight', true);
  expect(player.by.mock.calls).toEqual([[-10], [10], [-5], [30]]);
  press('>');
  press('<');
  expect(player.rate.mock.calls).toEqual([[1.25], [0.75]]);
  player.now.mockReturnValue(12);
  const chapters = [{ start: 0 }, { start: 10 }, { start: 40 }];
  for (const key of ['n', 'b']) actOf(key, false, player, chapters)?.();
  actOf('N', true, player, [])?.();
  expect(player.seek.mock.calls).toEqual([[40], [0]]);
  press('5');
  expect(player.seek).toHaveBeenCalledWith(50);
  expect(actOf('q', false, player as Player)).toBeNull();
});

test('the first and the last moments are the beginning', () => {
  expect([1, 42.34, 98].map((time) => worthKeeping(time, 100))).toEqual([0, 42.3, 0]);
});

const pixels = (data: number[], perSecond = 1, first = 0) => ({ data, first, perSecond });
const all = (length: number) => ({ start: 0, length });

test('bars are as loud as the loudest of their part, against the loudest of all', () => {
  const sound = pixels([-64, 64, -32, 10, 0, 0, -16, 16]);
  const full = loudest(sound);
  expect(full).toBe(0.5);
  expect(levels(sound, 2, all(4), full)).toEqual([1, 0.25]);
  expect(levels(pixels([0, 0, 0, 0]), 2, all(2), 0)).toEqual([0, 0]);
  expect(levels(pixels([]), 2, all(2), 0)).toEqual([0, 0]);
  // More bars than peaks: none is empty.
  expect(levels(pixels([-64, 64, -32, 32]), 4, all(2), 0.5)).toEqual([1, 1, 0.5, 0.5]);
});

test('a part is drawn as loud as in the whole, from whatever pixels there are of it', () => {
  const sound = pixels([-64, 64, -32, 10, 0, 0, -16, 16]);
  expect(levels(sound, 2, { start: 2, length: 2 }, 0.5)).toEqual([0, 0.25]);
  // The same pixels, without those before them.
  expect(levels(pixels([0, 0, -16, 16], 1, 2), 2, { start: 2, length: 2 }, 0.5)).toEqual([0, 0.25]);
  // Beyond what is there: silence.
  expect(levels(pixels([0, 0, -16, 16], 1, 2), 2, { start: 3, length: 2 }, 0.5)).toEqual([0.25, 0]);
});

test('the fine peaks come in pieces: those that are shown', () => {
  expect(piecesOf({ start: 0, length: 10 }, 187.5, 100_000)).toEqual({ from: 0, count: 1 });
  expect(piecesOf({ start: 40, length: 10 }, 187.5, 100_000)).toEqual({ from: 0, count: 2 });
  expect(piecesOf({ start: 90, length: 10 }, 187.5, 100_000)).toEqual({ from: 2, count: 1 });
  // The last one ends with the film.
  expect(piecesOf({ start: 40, length: 10 }, 187.5, 8192)).toEqual({ from: 0, count: 1 });
});

test('zooming keeps what one points at in its place, and stays inside the film', () => {
  const view = zoomed(all(100), 2, 50, 100);
  expect(view).toEqual({ start: 25, length: 50 });
  expect(placeOf(view, 50)).toBe(0.5);
  expect(zoomed(all(100), 2, 100, 100)).toEqual({ start: 50, length: 50 });
  expect(zoomed(view, 0.1, 50, 100)).toEqual(all(100));
  expect(zoomed(view, 1000, 50, 100)).toEqual({ start: 48, length: 4 });
  expect(zoomed(all(3), 2, 1, 3)).toEqual(all(3));
  // Two fingers carry a moment along.
  expect(zoomed(view, 1, 50, 100, 0.25)).toEqual({ start: 37.5, length: 50 });
});

test('what is shown moves within the film, and turns like a page', () => {
  const view = { start: 20, length: 20 };
  expect(panned(view, -50, 100)).toEqual({ start: 0, length: 20 });
  expect(panned(view, 70, 100)).toEqual({ start: 80, length: 20 });
  expect([shows(view, 19), shows(view, 40), shows(view, 41)]).toEqual([false, true, false]);
  expect(turnedTo(view, 41, 100)).toEqual({ start: 40, length: 20 });
  expect(inside(view, 30)).toEqual({ start: 10, length: 20 });
  expect([inside(view, 15), inside(null, 15)]).toEqual([all(15), all(15)]);
});

test('quiet and loud bars are drawn apart, and silence is still a line', () => {
  const paths = pathsOf([0, 1]);
  expect(paths.quiet).toBe('M1 31.0V33.0');
  expect(paths.loud).toBe('M4 2.0V62.0');
});

test('what is known to be silent is drawn as silence, however loud it looks', () => {
  const silent = within([{ start: 0, end: 2 }, { start: 7.4, end: 10 }], all(10), 5);
  expect(silent).toEqual([true, false, false, false, true]);
  expect(within([{ start: 2.1, end: 2.4 }], all(10), 5)).toEqual([false, false, false, false, false]);
  expect(within([{ start: 0, end: 12 }, { start: 18, end: 99 }], { start: 10, length: 10 }, 5)).toEqual([true, false, false, false, true]);
  const paths = pathsOf([1, 0.1], [true, false]);
  expect([paths.quiet, paths.loud]).toEqual(['M1 2.0V62.0', 'M4 22.5V41.5']);
});

test('a change of the picture is a tick at its time', () => {
  expect(ticksOf([2.5, 10], all(10), 300)).toBe('M75.0 0V7M300.0 0V7');
  expect(ticksOf([], all(10), 300)).toBe('');
  expect(ticksOf([2.5, 7], { start: 5, length: 4 }, 300)).toBe('M150.0 0V7');
});

test('the ruler has round marks, none at the very end', () => {
  expect(marks(all(32), 7)).toEqual([0, 5, 10, 15, 20, 25, 30]);
  expect(marks(all(1864), 8)).toEqual([0, 300, 600, 900, 1200, 1500, 1800]);
  expect(marks(all(0), 8)).toEqual([]);
  expect(marks({ start: 61, length: 8 }, 8)).toEqual([61, 62, 63, 64, 65, 66, 67, 68]);
});

test('a tab knows where it has just left a film, and forgets', () => {
  const kept = new Map<string, string>();
  vi.stubGlobal('window', { sessionStorage: { setItem: (k: string, v: string) => kept.set(k, v), getItem: (k: string) => kept.get(k) ?? null } });
  leave('a', 8, 1000);
  expect([leftAt('a', 1001), leftAt('b', 1001), leftAt('a', 1000 + 5 * 60_000)]).toEqual([8, null, null]);
  kept.set('rushes.left', '{');
  expect(leftAt('a', 1001)).toBe(null);
  vi.unstubAllGlobals();
});

test('speech is a line along the foot of what is shown', () => {
  const speech = [
    { start: 1, end: 2 },
    { start: 8, end: 30 },
    { start: 50, end: 60 },
  ];
  expect(linesOf(speech, { start: 0, length: 10 }, 100)).toBe('M10.0 63H20.0M80.0 63H100.0');
  expect(linesOf(speech, { start: 0, length: 0 }, 100)).toBe('');
});
