import { expect, it } from 'vitest';
import { madeBy, tidy } from './summary';

it('says by whom it was made, with the address where there is one', () => {
  expect(madeBy({ by: 'extractive', origin: 'made' })).toBe('Made of sentences that were said, on this machine.');
  expect(madeBy({ by: 'small at http://localhost:11434', origin: 'edited' })).toBe(
    'Written by small at http://localhost:11434; edited by you.',
  );
});

it('keeps what was written in lines, and leaves out what holds no words', () => {
  const kept = tidy({
    title: ' A\nB ',
    abstract: '',
    points: [
      { text: ' ', at: 1 },
      { text: '<b>x</b>', at: 2 },
    ],
    actions: [
      { text: 'Call', who: ' ', when: ' by  Friday', at: 3 },
      { text: '', who: 'Bo', when: null, at: 4 },
    ],
  });
  expect(kept).toEqual({
    title: 'A B',
    abstract: '',
    points: [{ text: '<b>x</b>', at: 2 }],
    actions: [{ text: 'Call', who: null, when: 'by Friday', at: 3 }],
  });
});
