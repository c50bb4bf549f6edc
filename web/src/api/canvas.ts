/** The canvas of a session: drawn, read, edited, taken along. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, told } from './client';
import { useSteps } from './enrichment';
import { keys } from './keys';
import type { Canvas } from './types';

const base = (id: string) => `/api/sessions/${encodeURIComponent(id)}`;

/** The canvas as a file to keep. */
export const canvasAddress = (id: string, form: 'html' | 'png', dark = false): string =>
  `${base(id)}/canvas?as=${form}${dark ? '&dark=true' : ''}`;

/** One of its pictures, which never changes. */
export const stillAddress = (id: string, key: string): string => `${base(id)}/stills?v=${encodeURIComponent(key)}`;

/** The newest canvas; `version` tells when another one has come. */
export function useCanvas(id: string, version: number | null) {
  return useQuery<Canvas>({
    queryKey: keys.canvas(id, version ?? 0),
    enabled: version !== null,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      told(await api.GET('/api/sessions/{session}/canvas', { params: { path: { session: id } }, signal })),
  });
}

export type Quote = Canvas['quotes'][number];

export function useCanvasRequests(id: string) {
  const client = useQueryClient();
  const at = { params: { path: { session: id } } };
  const { look, changed } = useSteps(id);
  const quote = async (basedOn: number, quotes: Quote[] | 'found'): Promise<void> => {
    const after = told(await api.PATCH('/api/sessions/{session}/canvas', { ...at, body: { based_on: basedOn, quotes } }));
    client.setQueryData(keys.canvas(id, after.version), after);
    await changed();
  };
  return {
    look,
    /** Refused with 409 where a newer canvas than `basedOn` has come meanwhile. */
    quote: (basedOn: number, quotes: Quote[]): Promise<void> => quote(basedOn, quotes),
    /** Gives the quotes back to who draws: they are found anew. Refused as `quote`. */
    findQuotes: (basedOn: number): Promise<void> => quote(basedOn, 'found'),
  };
}
