import { expect, test } from 'vitest';
import { holds, nextPiece } from './stream';

const plan = { pieces: 5, piece_seconds: 2, duration: 8.5 };
const ranges = (...all: [number, number][]) => ({ length: all.length, start: (i: number) => all[i]?.[0] ?? 0, end: (i: number) => all[i]?.[1] ?? 0 });

test('the piece under the playhead comes first, then those ahead, and no more than that', () => {
  const there = (...pieces: number[]) => (piece: number) => pieces.includes(piece);
  expect(nextPiece(plan, 0, 4, there())).toBe(0);
  expect(nextPiece(plan, 5.9, 4, there(0, 1))).toBe(2);
  expect(nextPiece(plan, 5.9, 4, there(2))).toBe(3);
  expect(nextPiece(plan, 0, 3.9, there(0, 1))).toBeNull();
  expect(nextPiece(plan, 4, 20, there(2, 3, 4))).toBeNull();
  expect(nextPiece(plan, 8.5, 4, there())).toBe(4);
  expect(nextPiece(plan, 99, 4, there())).toBe(4);
});

test('a piece is there when its middle is, wherever the browser puts its edges', () => {
  expect(holds(ranges([0, 2]), plan, 0)).toBe(true);
  expect(holds(ranges([0.02, 1.93], [4, 8.5]), plan, 0)).toBe(true);
  expect(holds(ranges([0.02, 1.93], [4, 8.5]), plan, 1)).toBe(false);
  expect(holds(ranges([4, 8.49]), plan, 4)).toBe(true);
  expect(holds(ranges([4, 8.2]), plan, 4)).toBe(false);
  expect(holds(ranges([0, 1], [1.1, 2]), plan, 0)).toBe(false);
  expect(holds(ranges(), plan, 0)).toBe(false);
});
