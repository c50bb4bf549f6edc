import { describe, expect, it } from 'vitest';
import { added, after, before, canBegin, chapterAt, moved, parseClock, reach, removed, renamed, written } from './chapters';

const three = [
  { start: 0, end: 10, title: 'Intro' },
  { start: 10, end: 40.5, title: 'Demo' },
  { start: 40.5, end: 60, title: 'Questions' },
];
const whole = (chapters: readonly { start: number; end: number }[]) =>
  chapters[0]?.start === 0 && chapters.at(-1)?.end === 60 && chapters.every((one, n) => n === 0 || chapters[n - 1]?.end === one.start);

describe('going from chapter to chapter', () => {
  it('knows which one it is in', () => {
    expect([0, 9.99, 10, 40.5, 99].map((at) => chapterAt(three, at))).toEqual([0, 0, 1, 2, 2]);
    expect(chapterAt([], 3)).toBe(-1);
  });
  it('goes back to the beginning first, and on to the next', () => {
    expect([2, 12, 13.5, 41].map((at) => before(three, at))).toEqual([0, 0, 10, 10]);
    expect([0, 10, 50].map((at) => after(three, at))).toEqual([10, 40.5, null]);
    expect([before([], 1), after([], 1)]).toEqual([null, null]);
  });
});

describe('editing', () => {
  it('keeps them whole, whatever is done', () => {
    expect(renamed(three, 1, '<b>').map((one) => one.title)).toEqual(['Intro', '<b>', 'Questions']);
    expect(moved(three, 1, 12.3456)[1]?.start).toBe(12.346);
    expect(moved(three, 1, -5)[1]?.start).toBe(reach(three, 1).from);
    expect(moved(three, 1, 99)[1]?.start).toBe(40.4);
    expect(moved(three, 0, 5)).toEqual(three);
    expect(added(three, 20, 'New').map((one) => one.start)).toEqual([0, 10, 20, 40.5]);
    expect(removed(three, 1).map((one) => [one.start, one.end])).toEqual([
      [0, 40.5],
      [40.5, 60],
    ]);
    expect(removed(three, 0)[0]).toEqual({ start: 0, end: 40.5, title: 'Demo' });
    for (const chapters of [moved(three, 1, 99), moved(three, 2, 0), added(three, 59, ''), removed(three, 2), removed(three, 0)])
      expect(whole(chapters)).toBe(true);
    expect(removed(three.slice(0, 1), 0)).toHaveLength(1);
  });
  it('begins none where one begins', () => {
    expect([0, 10, 10.05, 20, 59.95].map((at) => canBegin(three, at))).toEqual([false, false, false, true, false]);
    expect(canBegin([], 1)).toBe(false);
  });
});

describe('times that are typed', () => {
  it('are read as they are written', () => {
    expect(['1:02:03.5', '2:03', '63', ' 0:09,25 '].map(parseClock)).toEqual([3723.5, 123, 63, 9.25]);
    for (const text of ['', '1:', 'x', '1:2:3:4', '-1', '1.5:00', '1e3']) expect(parseClock(text)).toBeNull();
    expect([0, 9.25, 63, 59.96, 3723.5].map(written)).toEqual(['0:00', '0:09.3', '1:03', '1:00', '1:02:03.5']);
  });
});
