import { expect, test } from 'vitest';
import { ago, clock, dayOf, daysBetween, moment, percent, saved, size, span, spoken, took, when } from './words';

const NOW = new Date(2025, 5, 12, 15, 0);

test('a clock counts whole seconds and shows hours only where there are any', () => {
  expect([0, 9.99, 64, 1864, 4120, 36_000].map(clock)).toEqual(['0:00', '0:09', '1:04', '31:04', '1:08:40', '10:00:00']);
  expect([Number.NaN, Infinity, -3].map(clock)).toEqual(['0:00', '0:00', '0:00']);
});

test('a screen reader hears words, in the singular for one', () => {
  expect(spoken(3661)).toBe('1 hour 1 minute 1 second');
  expect(spoken(0.2)).toBe('0 seconds');
});

test('time that is left is rounded up, never to nothing', () => {
  expect([0, 0.4, 7.2, 59, 59.5, 61, 3599, 3600, 4800].map(span)).toEqual([
    '1 s', '1 s', '8 s', '59 s', '1 min', '2 min', '60 min', '1 h', '1 h 20 min',
  ]);
});

test('time that was taken is told more closely the shorter it was', () => {
  expect([0.42, 11.6, 185, 7200].map(took)).toEqual(['0.4 s', '12 s', '3 min 5 s', '2 h']);
});

test('sizes are decimal and never show four digits', () => {
  expect([0, 999, 1000, 609_425, 1_009_160, 412e6, 999.96e6, 1.2e9, 5e12].map(size)).toEqual([
    '0 B', '999 B', '1 kB', '609 kB', '1.0 MB', '412 MB', '1.0 GB', '1.2 GB', '5.0 TB',
  ]);
});

test('a percentage is whole only when it is done', () => {
  expect([0, 0.629, 0.999, 1, 1.2, -1].map(percent)).toEqual(['0 %', '62 %', '99 %', '100 %', '100 %', '0 %']);
});

test('a film that is hardly smaller is not praised for it', () => {
  expect([0.4, 0.95, 0.98, 1.1, null].map(saved)).toEqual(['−60 %', '−5 %', null, null, null]);
});

test('days go by the calendar, not by 24 hours', () => {
  expect(daysBetween(new Date(2025, 5, 11, 23, 59), new Date(2025, 5, 12, 0, 1))).toBe(1);
  // The night in which summer time begins has 23 hours.
  expect(daysBetween(new Date(2025, 2, 29, 12), new Date(2025, 2, 31, 12))).toBe(2);
});

test('headings say today, yesterday, this week, then the month', () => {
  const title = (date: Date) => dayOf(date, NOW).title;
  expect(title(new Date(2025, 5, 12, 9))).toBe('Today');
  expect(dayOf(new Date(2025, 5, 12, 9), NOW).more).toBe('Thursday 12 June');
  expect(title(new Date(2025, 5, 11, 9))).toBe('Yesterday');
  expect(title(new Date(2025, 5, 8, 9))).toBe('Earlier this week');
  expect(title(new Date(2025, 4, 3, 9))).toBe('May 2025');
  // A recorder whose clock is ahead gets a date rather than a riddle.
  expect(title(new Date(2025, 5, 14, 9))).toBe('June 2025');
});

test('a moment says only what its heading does not', () => {
  expect(moment(new Date(2025, 5, 12, 9, 15), NOW)).toBe('09:15');
  expect(moment(new Date(2025, 5, 10, 21, 5), NOW)).toBe('Tue 21:05');
  expect(moment(new Date(2025, 4, 3, 9), NOW)).toBe('3 May');
  expect(moment(new Date(2023, 4, 3, 9), NOW)).toBe('3 May 2023');
  expect(when(new Date(2025, 5, 11, 22, 10), NOW)).toBe('yesterday, 22:10');
});

test('how long ago', () => {
  expect(ago(new Date(2025, 5, 12, 14, 59, 30), NOW)).toBe('just now');
  expect(ago(new Date(2025, 5, 12, 14, 58), NOW)).toBe('2 min ago');
  expect(ago(new Date(2025, 5, 11, 14), NOW)).toBe('yesterday');
});
