import { describe, expect, it } from 'vitest';
import { compare, currentAt, cut, find, secondsAt, stretch } from './spoken';

const rows = [
  { start: 0.5, end: 2, text: 'Ask not what your country' },
  { start: 2.5, end: 4, text: 'can do for you,' },
  { start: 6, end: 9, text: 'ask what YOU can do at the café.' },
];

describe('which utterance is current', () => {
  it('is the last that has begun, through pauses too', () => {
    expect([0, 0.5, 2.2, 2.5, 5.9, 6, 99].map((at) => currentAt(rows, at))).toEqual([-1, 0, 0, 1, 1, 2, 2]);
    expect(currentAt([], 3)).toBe(-1);
  });
});

describe('a word that is clicked', () => {
  const row = {
    start: 1,
    text: 'the other, the end',
    words: [
      { start: 1, end: 1.2, text: 'the', joined: false },
      { start: 1.3, end: 1.5, text: 'other,', joined: false },
      { start: 2, end: 2.2, text: 'the', joined: false },
      { start: 2.3, end: 2.5, text: 'end', joined: false },
    ],
  };
  it('is found by its letter', () => {
    expect([0, 5, 11, 14, 15, 18].map((at) => secondsAt(row, at))).toEqual([1, 1.3, 2, 2, 2.3, 2.3]);
  });
  it('begins with its utterance where words are not timed', () => {
    expect(secondsAt({ ...row, words: [] }, 12)).toBe(1);
    expect(secondsAt({ ...row, text: 'something else' }, 12)).toBe(1);
  });
});

describe('finding', () => {
  it('counts neither case nor accents, and goes on after a hit', () => {
    expect(find(rows, ' ASK ').map((place) => place.row)).toEqual([0, 2]);
    expect(find(rows, 'cafe')).toEqual([{ row: 2, from: 27, to: 31 }]);
    expect(find([{ text: 'aaaa' }], 'aa')).toHaveLength(2);
    expect(find(rows, '  ')).toEqual([]);
  });
  it('marks what stands there, letters of several parts too', () => {
    const text = 'ß İstanbul 👋 istanbul';
    const places = find([{ text }], 'stanbul');
    expect(places.map(({ from, to }) => text.slice(from, to))).toEqual(['stanbul', 'stanbul']);
    const pieces = cut(text, places, 4);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    expect(pieces.map((piece) => piece.place)).toEqual([null, 4, null, 5]);
  });
});

describe('two versions', () => {
  it('stand together by time; what was split or joined is one', () => {
    const after = [
      { start: 0.5, end: 4, text: 'Ask not what your country can do for you,' },
      { start: 6, end: 9, text: 'ask what you can do.' },
      { start: 10, end: 11, text: 'Thanks.' },
    ];
    const found = compare(rows, after);
    expect(found.map((one) => one.differs)).toEqual([false, true, true]);
    expect(found[2]).toEqual({ start: 10, before: '', after: 'Thanks.', differs: true });
  });
  it('that say the same differ nowhere', () => {
    expect(compare(rows, rows).some((one) => one.differs)).toBe(false);
    expect(compare(rows, rows)).toHaveLength(3);
  });
});

it('a stretch reaches over the rows that are selected, whichever came first', () => {
  expect(stretch(rows, 1, 0)).toEqual({ start: 0.5, end: 4 });
  expect(stretch([], 0, 0)).toBeNull();
});
