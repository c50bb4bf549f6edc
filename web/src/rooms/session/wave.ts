/** From the peaks of a film's sound to the bars that draw it. */
import type { Peaks } from '../../api/media';
import { placeOf, type View } from './view';

export interface WavePaths {
  quiet: string;
  loud: string;
}

/** Seconds of a film. */
export interface Stretch {
  start: number;
  end: number;
}

/** Lowest and highest of each pixel by turns, of 8 bits, from pixel `first` of the film on. */
export interface Pixels {
  data: ArrayLike<number>;
  first: number;
  perSecond: number;
}

/** Bars stand this far apart in the drawing's own units. */
export const STEP = 3;
export const HEIGHT = 64;

const FULL = 128;
/** Below this everything is drawn as silence: it would be noise. */
const SILENT = 0.004;

export const pixelsOf = (peaks: Peaks): Pixels => ({ data: peaks.data, first: 0, perSecond: peaks.sample_rate / peaks.samples_per_pixel });

function most(data: ArrayLike<number>, from: number, to: number): number {
  let found = 0;
  for (let i = Math.max(0, from); i < Math.min(to, data.length); i += 1) found = Math.max(found, Math.abs(data[i] ?? 0));
  return found;
}

/** The loudest of all, 0 to 1 of full scale. */
export const loudest = ({ data }: Pixels): number => most(data, 0, data.length) / FULL;

/** The loudest of each of `bars` equal parts of what is shown, 0 to 1 of `full`, the loudest of all:
 *  quiet recordings are drawn larger, and stay as they are when one zooms in. */
export function levels({ data, first, perSecond }: Pixels, bars: number, view: View, full: number): number[] {
  const at = (bar: number) => Math.floor((view.start + (bar / bars) * view.length) * perSecond + 1e-6) - first;
  return Array.from({ length: bars }, (_, bar) => {
    const from = at(bar);
    const to = Math.max(from + 1, at(bar + 1));
    return full < SILENT ? 0 : most(data, 2 * from, 2 * to) / FULL / full;
  });
}

/** For each of `bars` equal parts of what is shown, whether it lies in a stretch for the most part. */
export function within(stretches: readonly Stretch[], view: View, bars: number): boolean[] {
  const found = Array.from({ length: bars }, () => false);
  for (const { start, end } of stretches) {
    const from = Math.max(0, Math.ceil(placeOf(view, start) * bars - 0.5));
    const to = Math.min(bars, Math.floor(placeOf(view, end) * bars + 0.5));
    if (to > from) found.fill(true, from, to);
  }
  return found;
}

/** A short line down from the top at each time that is shown. */
export function ticksOf(times: readonly number[], view: View, width: number): string {
  return times
    .map((time) => placeOf(view, time))
    .filter((place) => place >= 0 && place <= 1)
    .map((place) => `M${(place * width).toFixed(1)} 0V7`)
    .join('');
}

/** A line along the foot for each stretch that is shown. */
export function linesOf(stretches: readonly Stretch[], view: View, width: number): string {
  const at = (time: number) => (Math.min(1, Math.max(0, placeOf(view, time))) * width).toFixed(1);
  return stretches
    .filter(({ start, end }) => view.length > 0 && end > view.start && start < view.start + view.length)
    .map(({ start, end }) => `M${at(start)} ${HEIGHT - 1}H${at(end)}`)
    .join('');
}

/** Sound is drawn darker than silence. Where nobody knows yet which is which, what is above a fifth of the loudest. */
export function pathsOf(loudness: readonly number[], silent?: readonly boolean[]): WavePaths {
  const parts: { quiet: string[]; loud: string[] } = { quiet: [], loud: [] };
  loudness.forEach((level, i) => {
    const half = Math.max(1, Math.sqrt(level) * (HEIGHT / 2 - 2));
    const bar = `M${i * STEP + 1} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half).toFixed(1)}`;
    parts[(silent ? !silent[i] : level > 0.2) ? 'loud' : 'quiet'].push(bar);
  });
  return { quiet: parts.quiet.join(''), loud: parts.loud.join('') };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Seconds at which the ruler has a mark: round ones, about `few` of them, none at the very end. */
export function marks(view: View, few: number): number[] {
  if (view.length <= 0) return [];
  const step = STEPS.find((one) => view.length / one <= few) ?? 14_400;
  const first = Math.ceil(view.start / step - 1e-6);
  const last = Math.floor((view.start + view.length) / step - 0.04);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** Pixels of one piece of the fine peaks; two bytes each. */
export const PIECE = 8192;

/** The pieces of the fine peaks that hold what is shown: the first, and how many. */
export function piecesOf(view: View, perSecond: number, length: number): { from: number; count: number } {
  const last = Math.max(0, Math.ceil(length / PIECE) - 1);
  const of = (seconds: number) => Math.min(last, Math.max(0, Math.floor((seconds * perSecond) / PIECE)));
  const from = of(view.start);
  return { from, count: of(view.start + view.length) - from + 1 };
}
