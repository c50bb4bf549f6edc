/** Which words are said when, where others are found in them, and how two versions differ. */
import type { Utterance } from '../../../api/types';

type Said = Pick<Utterance, 'start' | 'end' | 'text'>;

/** The last utterance that has begun at `seconds`; -1 before the first. Those after each other by start. */
export function currentAt(rows: readonly Pick<Said, 'start'>[], seconds: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.start ?? 0) <= seconds + 0.001) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** When the word is said that holds the letter at `offset`; the utterance's start where no word is timed. */
export function secondsAt(row: Pick<Utterance, 'start' | 'text' | 'words'>, offset: number): number {
  let from = 0;
  for (const word of row.words) {
    const at = row.text.indexOf(word.text, from);
    if (at < 0) return row.start;
    from = at + word.text.length;
    if (offset <= from) return word.start;
  }
  return row.words.at(-1)?.start ?? row.start;
}

/** Without case and accents; and for each letter of it, the place it has in the text. */
function folded(text: string): { letters: string; places: number[] } {
  let letters = '';
  const places: number[] = [];
  let place = 0;
  for (const one of text) {
    const plain = one.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    for (let n = 0; n < plain.length; n += 1) places.push(place);
    letters += plain;
    place += one.length;
  }
  places.push(place);
  return { letters, places };
}

export interface Place {
  row: number;
  from: number;
  to: number;
}

/** Wherever `words` stand in the rows, in their order. Case and accents do not count. */
export function find(rows: readonly Pick<Said, 'text'>[], words: string): Place[] {
  const wanted = folded(words.trim().replace(/\s+/g, ' ')).letters;
  if (wanted === '') return [];
  return rows.flatMap(({ text }, row) => {
    const { letters, places } = folded(text);
    const found: Place[] = [];
    for (let at = letters.indexOf(wanted); at >= 0; at = letters.indexOf(wanted, at + wanted.length)) {
      const last = at + wanted.length;
      found.push({ row, from: places[at] ?? 0, to: places[last] ?? text.length });
    }
    return found;
  });
}

export interface Piece {
  text: string;
  /** Its number among all places, or null for what lies between them. */
  place: number | null;
}

/** A text cut at the places that lie in it; `first` is the number of the first of them. */
export function cut(text: string, places: readonly Place[], first: number): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  places.forEach(({ from, to }, n) => {
    if (from > at) pieces.push({ text: text.slice(at, from), place: null });
    pieces.push({ text: text.slice(from, to), place: first + n });
    at = to;
  });
  if (at < text.length) pieces.push({ text: text.slice(at), place: null });
  return pieces;
}

export interface Difference {
  start: number;
  before: string;
  after: string;
  differs: boolean;
}

const sorted = (rows: readonly Said[]) => [...rows].sort((a, b) => a.start - b.start);

/** Two versions side by side: utterances that share most of the shorter one's time stand together. */
export function compare(before: readonly Said[], after: readonly Said[]): Difference[] {
  const [old, now] = [sorted(before), sorted(after)];
  const found: Difference[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const group: { old: Said[]; now: Said[]; start: number; end: number } = { old: [], now: [], start: Infinity, end: -Infinity };
    const joins = (one: Said | undefined): one is Said =>
      one !== undefined &&
      (group.start === Infinity || group.end - one.start > Math.min(one.end - one.start, group.end - group.start) / 2);
    for (;;) {
      const [a, b] = [old[i], now[j]];
      const first = a !== undefined && (b === undefined || a.start <= b.start);
      const one = first ? a : b;
      if (!joins(one)) break;
      group.start = Math.min(group.start, one.start);
      group.end = Math.max(group.end, one.end);
      if (first) {
        group.old.push(one);
        i += 1;
      } else {
        group.now.push(one);
        j += 1;
      }
    }
    const text = (rows: Said[]) => rows.map((one) => one.text).join(' ');
    found.push({ start: group.start, before: text(group.old), after: text(group.now), differs: text(group.old) !== text(group.now) });
  }
  return found;
}

/** The stretch of the rows that are selected; null where none are. */
export function stretch(rows: readonly Said[], first: number, last: number): { start: number; end: number } | null {
  const chosen = rows.slice(Math.min(first, last), Math.max(first, last) + 1);
  if (chosen.length === 0) return null;
  return { start: Math.min(...chosen.map((one) => one.start)), end: Math.max(...chosen.map((one) => one.end)) };
}
