import { describe, expect, it } from 'vitest';
import type { Canvas } from '../../../api/types';
import { abreast, bars, maker, numbers, placeOf, rewritten, shotsOf, type Draft } from './drawn';

const CANVAS: Canvas = {
  version: 1,
  origin: 'made',
  title: 'Stand-up',
  about: '',
  abstract: '',
  duration: 100,
  recorded: null,
  chapters: [
    { start: 0, end: 40, title: 'One' },
    { start: 40, end: 100, title: 'Two' },
  ],
  shots: [
    { at: 3, key: 'a', width: 16, height: 9 },
    { at: 40, key: 'b', width: 16, height: 9 },
  ],
  wave: [0, 100],
  speech: [{ start: 50, end: 100 }],
  quotes: [],
  points: [],
  actions: [],
  figures: { words: 1234, speaking: 50, pauses: 0, longest_pause: 0, speakers: null },
  language: 'en',
  by: 'extractive',
  notes: [],
  owned: [],
  out_of_date: false,
};

describe('a canvas', () => {
  it('marks where somebody speaks', () => {
    expect(bars(CANVAS)).toEqual({ other: 'M0.5 49.5V50.5', speech: 'M1.5 0V100' });
    expect(bars({ ...CANVAS, wave: [] })).toEqual({ other: '', speech: '' });
  });
  it('gives each picture to one chapter', () => {
    expect(CANVAS.chapters.map((chapter) => shotsOf(CANVAS, chapter).map((shot) => shot.key))).toEqual([['a'], ['b']]);
  });
  it('counts what is known', () => {
    expect(numbers(CANVAS)).toEqual([
      ['Length', '1:40'],
      ['Chapters', '2'],
      ['Words', '1,234'],
      ['Speaking', '0:50 (50 %)'],
      ['Pauses', '0'],
    ]);
    expect(numbers({ ...CANVAS, figures: null, chapters: [] })).toEqual([['Length', '1:40']]);
  });
  it('fills its rows', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map(abreast)).toEqual([3, 2, 3, 4, 3, 3, 4, 4, 3]);
  });
  it('puts a draft where its quote is now', () => {
    const quotes = [1, 5, 5].map((at, n) => ({ at, text: `quote ${n}`, who: null }));
    const draft: Draft = { at: 5, who: 'Ada', before: 'quote 2', text: ' mine ', basedOn: 1 };
    expect(placeOf(quotes, draft)).toBe(2);
    expect(placeOf(quotes, { ...draft, before: 'another hand changed it' })).toBe(1);
    expect(rewritten(quotes, draft).map((one) => one.text)).toEqual(['quote 0', 'quote 1', 'mine']);
    expect(rewritten(quotes.slice(0, 1), draft)).toEqual([quotes[0], { at: 5, text: 'mine', who: 'Ada' }]);
  });
  it('says who put it into words', () => {
    expect(maker(CANVAS)).toBe('Made of sentences that were said.');
    expect(maker({ ...CANVAS, by: 'llama at http://localhost' })).toContain('llama at http://localhost');
    expect(maker({ ...CANVAS, by: null })).toBeNull();
  });
});
