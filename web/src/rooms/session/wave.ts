/** From the peaks of a film's sound to the bars that draw it. */
import type { Peaks } from '../../api/media';

export interface WavePaths {
  quiet: string;
  loud: string;
}

/** Seconds of a film. */
export interface Stretch {
  start: number;
  end: number;
}

/** Bars stand this far apart in the drawing's own units. */
export const STEP = 3;
export const HEIGHT = 64;

/** The loudest of each of `bars` equal parts, 0 to 1 of the loudest of all. */
export function levels(peaks: Peaks, bars: number): number[] {
  const per = 2 * Math.max(1, peaks.channels);
  const length = Math.floor(peaks.data.length / per);
  const full = peaks.bits === 8 ? 128 : 32768;
  const found = Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * length) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * length) / bars));
    let most = 0;
    for (let i = from * per; i < Math.min(to * per, peaks.data.length); i += 1) most = Math.max(most, Math.abs(peaks.data[i] ?? 0));
    return most / full;
  });
  const most = Math.max(...found, 0);
  // Quiet recordings are drawn larger, silence is not drawn as noise.
  return most < 0.004 ? found.map(() => 0) : found.map((level) => level / most);
}

/** For each of `bars` equal parts of `duration` seconds, whether it lies in a stretch for the most part. */
export function within(stretches: readonly Stretch[], duration: number, bars: number): boolean[] {
  const found = Array.from({ length: bars }, () => false);
  for (const { start, end } of stretches) {
    const from = Math.max(0, Math.ceil((start / duration) * bars - 0.5));
    const to = Math.min(bars, Math.floor((end / duration) * bars + 0.5));
    found.fill(true, from, Math.max(from, to));
  }
  return found;
}

/** A short line down from the top at each time. */
export function ticksOf(times: readonly number[], duration: number, width: number): string {
  return times.map((time) => `M${((time / duration) * width).toFixed(1)} 0V7`).join('');
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

/** Seconds at which the ruler has a mark: round ones, at most `most` of them. */
export function marks(duration: number, most: number): number[] {
  if (duration <= 0) return [];
  const step = STEPS.find((one) => duration / one <= most) ?? 14_400;
  return Array.from({ length: Math.floor(duration / step - 0.04) + 1 }, (_, i) => i * step);
}
