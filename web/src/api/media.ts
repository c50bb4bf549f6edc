/** Addresses of what a film is played and drawn from. Each holds one version for ever. */
import { useQueries, useQuery } from '@tanstack/react-query';
import { keys } from './keys';
import { api, send, told } from './client';
import type { Analysis, Playback, Rendition, Session, Strip } from './types';

const base = (id: string) => `/api/sessions/${encodeURIComponent(id)}`;

/** A film; a key names one version of it. */
export const filmAddress = (id: string, key: string): string => `${base(id)}/media?v=${encodeURIComponent(key)}`;

/** The film as a file to keep, named by its session's title. */
export const downloadAddress = (id: string, key: string): string => `${filmAddress(id, key)}&download=true`;

/** The sound as a file to keep, by its key. */
export const downloadSound = (id: string, key: string): string => `${base(id)}/sound?v=${encodeURIComponent(key)}&download=true`;

export const stripAddress = (id: string, strip: Strip): string =>
  `${base(id)}/thumbnails?v=${encodeURIComponent(strip.key)}`;

/** One of the original files, by its place in the playback. */
export const sourceAddress = (id: string, source: number): string => `${base(id)}/sources/${source}`;

/** The same as a file to keep. */
export const downloadSource = (id: string, source: number): string => `${sourceAddress(id, source)}?download=true`;

/** How a film is offered to a browser that cannot play H.264. */
export async function renditionOf(id: string, signal: AbortSignal): Promise<Rendition> {
  return told(await api.GET('/api/sessions/{session}/rendition', { params: { path: { session: id } }, signal }));
}

/** A piece of it: answered when it is made. */
export async function pieceOf(id: string, film: string, piece: number, signal: AbortSignal): Promise<ArrayBuffer> {
  const answer = await send('GET', `${base(id)}/rendition/${piece}?film=${encodeURIComponent(film)}`, { signal });
  return answer.arrayBuffer();
}

/** How a session's files play without a film. Read when it is wanted: files come and go. */
export function usePlayback(id: string, wanted: boolean) {
  return useQuery({
    queryKey: keys.playback(id),
    enabled: wanted,
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<Playback> =>
      told(await api.GET('/api/sessions/{session}/playback', { params: { path: { session: id } }, signal })),
  });
}

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

/** Samples of a pixel of the fine peaks. */
export const FINE_SAMPLES = 256;
/** Bytes before the first of them. */
const FINE_HEAD = 24;

/** Pieces `from` to `from + count` of the fine peaks, `pixels` in each; null until all of them are there. */
export function useFinePeaks(session: Session, from: number, count: number, pixels: number): Int8Array | null {
  const key = session.waves?.key;
  return useQueries({
    queries: Array.from({ length: key === undefined ? 0 : count }, (_, i) => ({
      queryKey: keys.waves(session.id, key ?? '', from + i),
      staleTime: Infinity,
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Int8Array> => {
        const first = FINE_HEAD + (from + i) * pixels * 2;
        const headers = { Range: `bytes=${first}-${first + pixels * 2 - 1}` };
        const answer = await send('GET', `${base(session.id)}/waves?v=${encodeURIComponent(key ?? '')}`, { headers, signal });
        return new Int8Array(await answer.arrayBuffer());
      },
    })),
    combine: joined,
  });
}

function joined(pieces: readonly { data: Int8Array | undefined }[]): Int8Array | null {
  const found = pieces.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (found.length === 0 || found.length < pieces.length) return null;
  const all = new Int8Array(found.reduce((sum, data) => sum + data.length, 0));
  let at = 0;
  for (const data of found) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}

/** What the film holds, asked for again when more of it is known. */
export function useAnalysis(session: Session) {
  const { peaks, strip } = session;
  return useQuery({
    queryKey: keys.analysis(session.id, `${peaks?.key ?? ''} ${strip?.key ?? ''}`),
    enabled: session.film !== null && (peaks !== null || strip !== null),
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<Analysis> =>
      told(await api.GET('/api/sessions/{session}/analysis', { params: { path: { session: session.id } }, signal })),
  });
}
