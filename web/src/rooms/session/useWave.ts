/** The bars of what is shown: from the peaks of the whole, and from finer ones where those are coarse. */
import { useMemo } from 'react';
import { FINE_SAMPLES, useFinePeaks, usePeaks, type Peaks } from '../../api/media';
import type { Session } from '../../api/types';
import type { View } from './view';
import { levels, loudest, PIECE, pathsOf, piecesOf, pixelsOf, within, type Stretch, type WavePaths } from './wave';

const NO_PIECES = { from: 0, count: 0 };

/** Whether the peaks of the whole have less than a pixel for each bar. */
const isCoarse = (peaks: Peaks, view: View, bars: number): boolean =>
  peaks.samples_per_pixel > FINE_SAMPLES && view.length * (peaks.sample_rate / peaks.samples_per_pixel) < bars;

export function useWave(session: Session, view: View, bars: number, silence: readonly Stretch[] | undefined) {
  const peaks = usePeaks(session);
  const whole = peaks.data;
  const fine = whole === undefined ? 0 : whole.sample_rate / FINE_SAMPLES;
  const length = whole === undefined ? 0 : Math.ceil((whole.length * whole.samples_per_pixel) / FINE_SAMPLES);
  const { from, count } = whole !== undefined && isCoarse(whole, view, bars) ? piecesOf(view, fine, length) : NO_PIECES;
  const data = useFinePeaks(session, from, count, PIECE);
  const full = useMemo(() => (whole === undefined ? 0 : loudest(pixelsOf(whole))), [whole]);
  const paths = useMemo((): WavePaths | null => {
    if (whole === undefined) return null;
    const pixels = data === null ? pixelsOf(whole) : { data, first: from * PIECE, perSecond: fine };
    return pathsOf(levels(pixels, bars, view, full), silence && view.length > 0 ? within(silence, view, bars) : undefined);
  }, [whole, data, from, fine, bars, view, full, silence]);
  return { peaks, paths };
}
