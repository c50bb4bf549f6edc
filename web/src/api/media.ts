/** Addresses of what a film is played and drawn from. Each holds one version for ever. */
import { useQuery } from '@tanstack/react-query';
import { keys } from './keys';
import { send } from './client';
import type { Session, Strip } from './types';

const base = (id: string) => `/api/sessions/${encodeURIComponent(id)}`;

/** A film, or its rendition: a key names one version of either. */
export const filmAddress = (id: string, key: string): string => `${base(id)}/media?v=${encodeURIComponent(key)}`;

/** The film as a file to keep, named by its session's title. */
export const downloadAddress = (id: string, key: string): string => `${filmAddress(id, key)}&download=true`;

export const stripAddress = (id: string, strip: Strip): string =>
  `${base(id)}/thumbnails?v=${encodeURIComponent(strip.key)}`;

/** audiowaveform's JSON, version 2: minimum and maximum by turns. */
export interface Peaks {
  sample_rate: number;
  samples_per_pixel: number;
  bits: number;
  length: number;
  channels: number;
  data: number[];
}

function isPeaks(value: unknown): value is Peaks {
  return typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data) && 'bits' in value;
}

export function usePeaks(session: Session) {
  const key = session.peaks?.key;
  return useQuery({
    queryKey: keys.peaks(session.id, key ?? ''),
    enabled: key !== undefined,
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const answer = await send('GET', `${base(session.id)}/peaks?v=${encodeURIComponent(key ?? '')}`, { signal });
      const value: unknown = await answer.json();
      if (!isPeaks(value)) throw new TypeError('These are no peaks.');
      return value;
    },
  });
}
