/** The part of a film that a timeline shows. Seconds. */

export interface View {
  start: number;
  length: number;
}

/** Nobody needs less on a screen at once. */
const SHORTEST = 4;
/** What one press of a button, or one notch of a wheel, zooms by. */
export const NOTCH = 1.6;

export const wholeOf = (duration: number): View => ({ start: 0, length: duration });

const fitted = (start: number, length: number, duration: number): View => ({
  start: Math.min(Math.max(0, start), Math.max(0, duration - length)),
  length,
});

/** Larger by `factor` (smaller below 1). What is at `at` seconds then stands at `place` of what is
 *  shown, 0 to 1, which is where it stood. */
export function zoomed(view: View, factor: number, at: number, duration: number, place = placeOf(view, at)): View {
  const length = Math.min(duration, Math.max(Math.min(SHORTEST, duration), view.length / factor));
  return fitted(at - place * length, length, duration);
}

export const panned = (view: View, by: number, duration: number): View => fitted(view.start + by, view.length, duration);

export const shows = (view: View, time: number): boolean => time >= view.start && time <= view.start + view.length;

/** Turned like a page, so that what follows `time` is seen. */
export const turnedTo = (view: View, time: number, duration: number): View => fitted(time - view.length / 20, view.length, duration);

/** The same part of a film whose length has become known, or another. */
export const within = (view: View | null, duration: number): View =>
  view === null || view.length >= duration ? wholeOf(duration) : fitted(view.start, view.length, duration);

/** Where `time` stands, 0 to 1 of what is shown; beyond where it is not. */
export const placeOf = (view: View, time: number): number => (view.length > 0 ? (time - view.start) / view.length : 0);
