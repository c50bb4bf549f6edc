/** What a canvas is drawn from. */
import type { Canvas } from '../../../api/types';
import { clock } from '../../../state/words';

/** Bars of the waveform as two paths, in a field `wave.length` wide and 100 high. */
export function bars({ wave, speech, duration }: Pick<Canvas, 'wave' | 'speech' | 'duration'>): { speech: string; other: string } {
  const paths = { speech: '', other: '' };
  wave.forEach((height, n) => {
    const middle = (duration * (2 * n + 1)) / (2 * wave.length);
    const half = Math.max(1, height) / 2;
    const spoken = speech.some(({ start, end }) => start <= middle && middle < end);
    paths[spoken ? 'speech' : 'other'] += `M${n}.5 ${50 - half}V${50 + half}`;
  });
  return paths;
}

/** The pictures of each chapter. */
export const shotsOf = ({ shots }: Canvas, chapter: { start: number; end: number }): Canvas['shots'] =>
  shots.filter(({ at }) => chapter.start <= at && at < chapter.end);

/** How many cards stand in a row, so that the last one is as full as can be. */
export const abreast = (cards: number): number => (cards === 2 ? 2 : cards === 4 || cards === 7 || cards === 8 ? 4 : 3);

/** What there is to count. */
export function numbers({ duration, chapters, figures }: Canvas): [string, string][] {
  const rows: [string, string][] = [['Length', clock(duration)]];
  if (chapters.length > 1) rows.push(['Chapters', String(chapters.length)]);
  if (figures === null) return rows;
  const share = duration > 0 ? Math.min(100, Math.round((figures.speaking / duration) * 100)) : 0;
  rows.push(['Words', figures.words.toLocaleString('en-GB')], ['Speaking', `${clock(figures.speaking)} (${share} %)`], ['Pauses', String(figures.pauses)]);
  if (figures.pauses > 0) rows.push(['Longest pause', clock(figures.longest_pause)]);
  if (figures.speakers !== null) rows.push(['Speakers', String(figures.speakers)]);
  return rows;
}

/** Who put it into words. */
export function maker({ by }: Canvas): string | null {
  if (by === null) return null;
  return by === 'extractive' ? 'Made of sentences that were said.' : `Summed up by ${by}: check it against what was said.`;
}

/** A quote that is being rewritten. */
export interface Draft {
  at: number;
  who: string | null;
  /** What it said when that began. */
  before: string;
  text: string;
  /** The version of the canvas that it began with; null for whichever is the newest. */
  basedOn: number | null;
}

type Quotes = Canvas['quotes'];

/** Where the quote stands that a draft is to replace; null where it was taken out since. */
export function placeOf(quotes: Quotes, { at, before }: Draft): number | null {
  const same = quotes.findIndex((one) => one.at === at && one.text === before);
  const place = same >= 0 ? same : quotes.findIndex((one) => one.at === at);
  return place >= 0 ? place : null;
}

/** The quotes with the draft in its place, and in the order of time where it has none any more. */
export function rewritten(quotes: Quotes, draft: Draft): Quotes {
  const place = placeOf(quotes, draft);
  const text = draft.text.trim();
  if (place !== null) return quotes.map((one, n) => (n === place ? { ...one, text } : one));
  return [...quotes, { text, at: draft.at, who: draft.who }].sort((a, b) => a.at - b.at);
}
