/** Chapters of a film: where one is, and what its owner makes of them. Seconds. */
import type { Chapter } from '../../../api/outline';

/** A chapter that is shorter could hardly be pointed at. */
export const SHORTEST = 0.1;
/** Further into a chapter than this, going back leads to its own beginning. */
const INTO = 3;

/** Number of the chapter that `seconds` lies in; -1 where there is none. */
export function chapterAt(chapters: readonly Pick<Chapter, 'start'>[], seconds: number): number {
  let found = -1;
  for (const { start } of chapters) {
    if (start > seconds + 0.001) break;
    found += 1;
  }
  return found;
}

/** Where the chapter before begins, or this one, where one is well into it; null where there is none. */
export function before(chapters: readonly Pick<Chapter, 'start'>[], seconds: number): number | null {
  const at = chapterAt(chapters, seconds);
  const here = chapters[at];
  if (here === undefined) return null;
  return seconds - here.start > INTO ? here.start : (chapters[at - 1]?.start ?? here.start);
}

/** Where the next chapter begins; null in the last. */
export const after = (chapters: readonly Pick<Chapter, 'start'>[], seconds: number): number | null =>
  chapters[chapterAt(chapters, seconds) + 1]?.start ?? null;

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

export function renamed(chapters: readonly Chapter[], n: number, title: string): Chapter[] {
  return chapters.map((one, i) => (i === n ? { ...one, title } : one));
}

/** How far the beginning of a chapter can be moved: not beyond its neighbours. The first stays at 0. */
export function reach(chapters: readonly Chapter[], n: number): { from: number; to: number } {
  const [last, here] = [chapters[n - 1], chapters[n]];
  if (last === undefined || here === undefined) return { from: 0, to: 0 };
  return { from: rounded(last.start + SHORTEST), to: rounded(here.end - SHORTEST) };
}

/** With the beginning of a chapter moved, as far as it can be. */
export function moved(chapters: readonly Chapter[], n: number, start: number): Chapter[] {
  const { from, to } = reach(chapters, n);
  const at = rounded(Math.min(Math.max(start, from), to));
  return chapters.map((one, i) => (i === n ? { ...one, start: at } : i === n - 1 ? { ...one, end: at } : one));
}

/** Whether a chapter can begin at `seconds`. */
export function canBegin(chapters: readonly Chapter[], seconds: number): boolean {
  const here = chapters[chapterAt(chapters, seconds)];
  return here !== undefined && seconds - here.start >= SHORTEST && here.end - seconds >= SHORTEST;
}

/** With one more, which begins at `seconds`: see `canBegin`. */
export function added(chapters: readonly Chapter[], seconds: number, title: string): Chapter[] {
  const at = rounded(seconds);
  return chapters.flatMap((one, n) =>
    n === chapterAt(chapters, seconds) ? [{ ...one, end: at }, { start: at, end: one.end, title }] : [one],
  );
}

/** Without one: the chapter before takes its time, and the second that of the first. */
export function removed(chapters: readonly Chapter[], n: number): Chapter[] {
  const gone = chapters[n];
  if (gone === undefined || chapters.length < 2) return [...chapters];
  return chapters
    .map((one, i) => (i === n - 1 ? { ...one, end: gone.end } : n === 0 && i === 1 ? { ...one, start: gone.start } : one))
    .filter((_, i) => i !== n);
}

/** `1:02:03.5`, `2:03` or `63`, in seconds; null for what is no time. */
export function parseClock(text: string): number | null {
  const parts = text.trim().replace(',', '.').split(':');
  if (parts.length > 3 || !parts.every((part, n) => (n === parts.length - 1 ? /^\d+(\.\d+)?$/ : /^\d+$/).test(part))) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** A time as one writes it, to the tenth of a second where it is not whole. */
export function written(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const [h, m, s] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  const last = Number.isInteger(s) ? String(s).padStart(2, '0') : s.toFixed(1).padStart(4, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${last}` : `${m}:${last}`;
}
