import { expect, test } from 'vitest';
import type { Playback } from '../../../api/types';
import { CLOSE, correct, FAR, hindrance, inFile, inSession, nextPiece, pieceAt, soundsItself, zeroOf, type Piece } from './schedule';

const piece = (source: number, begin: number, duration: number, offset = 0, kind: 'audio' | 'video' = 'audio'): Piece => ({
  source,
  kind,
  begin,
  duration,
  offset,
  type: kind,
});

/** A sound from the start, one over a border, a gap, and one that begins in mid file. */
const sound = [piece(1, 0, 4), piece(2, 4, 4), piece(3, 10, 2, 1.5)];

test('each moment has its piece, and a gap none', () => {
  const at = (time: number) => pieceAt(sound, time)?.source ?? null;
  expect([-1, 0, 3.999, 4, 7.999, 8, 9.999, 10, 11.999, 12].map(at)).toEqual([null, 1, 1, 2, 2, null, null, 3, 3, null]);
  expect(pieceAt([], 1)).toBe(null);
});

test('what comes next is known within a piece, in a gap and at the end', () => {
  expect([-1, 0, 4, 9, 10].map((time) => nextPiece(sound, time)?.source ?? null)).toEqual([1, 2, 3, 3, null]);
});

test('a time of the session is one of the file, and back', () => {
  const [, , third] = sound as [Piece, Piece, Piece];
  expect(inFile(third, 0, 11)).toBe(2.5);
  expect(inFile(third, 90, 11)).toBe(92.5);
  expect(inSession(third, 90, 92.5)).toBe(11);
});

test('a clock that starts late is seen by the length that a browser tells', () => {
  expect(zeroOf(5400, 60, 5460)).toBe(5400);
  expect(zeroOf(5400, 60, 60)).toBe(0);
  expect(zeroOf(1, 10, 11.02)).toBe(1);
  expect(zeroOf(1, 10, 10.02)).toBe(0);
  expect(zeroOf(3, 10, Number.NaN)).toBe(0);
  expect(zeroOf(3, 10, Infinity)).toBe(0);
});

test('a little drift is run off, a large one jumped over, and none is left alone', () => {
  expect(correct(CLOSE, 1)).toEqual({ kind: 'none', rate: 1 });
  const ahead = correct(0.06, 2);
  const behind = correct(-0.06, 2);
  expect([ahead.kind, behind.kind]).toEqual(['nudge', 'nudge']);
  expect(ahead.rate).toBeCloseTo(1.9);
  expect(behind.rate).toBeCloseTo(2.1);
  expect(correct(FAR, 1).rate).toBeCloseTo(0.95);
  expect(correct(0.2, 1.5)).toEqual({ kind: 'jump', rate: 1.5 });
  expect(correct(-9, 1)).toEqual({ kind: 'jump', rate: 1 });
  expect(FAR).toBeLessThan(0.15);
});

test('a video that brings its own sound plays both', () => {
  expect(soundsItself([piece(0, 0, 9, 0, 'video'), piece(0, 0, 9)])).toBe(true);
  expect(soundsItself([piece(0, 0, 9, 0, 'video')])).toBe(true);
  expect(soundsItself([piece(0, 0, 9, 0, 'video'), piece(1, 0, 9)])).toBe(false);
  expect(soundsItself([piece(1, 0, 9)])).toBe(false);
});

const playback = (pieces: Piece[], states: Playback['sources'][number]['state'][]): Playback => ({
  duration: 12,
  pieces,
  sources: states.map((state, n) => ({ name: `f${n}`, path: `/f${n}`, state, clock: 0, duration: 12 })),
});
const film = [piece(0, 0, 12, 0, 'video'), ...sound];
const all = () => true;
const none: ReadonlySet<number> = new Set();

test('what hinders is told by file, and stops only where nothing is left to see', () => {
  const clear = hindrance(playback(film, ['there', 'there', 'there', 'there']), all, none);
  expect(clear).toEqual({ stops: false, missing: [], changed: [], unplayable: [] });
  const mute = hindrance(playback(film, ['there', 'missing', 'changed', 'forbidden']), all, none);
  expect(mute).toEqual({ stops: false, missing: [1, 3], changed: [2], unplayable: [] });
  expect(hindrance(playback(film, ['missing', 'there', 'there', 'there']), all, none).stops).toBe(true);
  const strange = hindrance(playback(film, ['there', 'there', 'there', 'there']), (type) => type !== 'video', none);
  expect([strange.stops, strange.unplayable]).toEqual([true, [0]]);
  expect(hindrance(playback(film, ['there', 'there', 'there', 'there']), all, new Set([0])).stops).toBe(true);
});

test('sound alone stops when none of it plays', () => {
  const states: Playback['sources'][number]['state'][] = ['there', 'there', 'missing', 'missing'];
  expect(hindrance(playback(sound, states), all, none).stops).toBe(false);
  expect(hindrance(playback(sound, states), all, new Set([1])).stops).toBe(true);
  const own = [piece(0, 0, 9, 0, 'video'), { ...piece(0, 0, 9), type: null }];
  expect(hindrance(playback(own, ['there']), all, none)).toMatchObject({ stops: false, unplayable: [0] });
});
