/** The canvas of a session: drawn, read, edited, taken along. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, told } from './client';
import { keys } from './keys';
import type { Canvas, Enrichment, Job, WholeSession } from './types';

const KIND = 'canvas';
const base = (id: string) => `/api/sessions/${encodeURIComponent(id)}`;

/** The canvas as a file to keep. */
export const canvasAddress = (id: string, form: 'html' | 'png', dark = false): string =>
  `${base(id)}/canvas?as=${form}${dark ? '&dark=true' : ''}`;

/** One of its pictures, which never changes. */
export const stillAddress = (id: string, key: string): string => `${base(id)}/stills?v=${encodeURIComponent(key)}`;

/** The newest job that draws the canvas of a session. */
export function drawing(session: WholeSession): Job | undefined {
  const jobs = (session.jobs as Job[]).filter((job) => job.kind === KIND);
  return jobs.reduce<Job | undefined>((last, job) => (last === undefined || job.id > last.id ? job : last), undefined);
}

/** What there is of a session, asked for again when the drawing begins or ends, or somebody edits it. */
export function useDrawn(session: WholeSession) {
  const job = drawing(session);
  return useQuery<Enrichment>({
    queryKey: keys.enrichment(session.id, `${KIND} ${job?.id ?? ''} ${job?.status ?? ''} ${session.updated_at}`),
    enabled: session.film !== null,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      told(await api.GET('/api/sessions/{session}/enrichment', { params: { path: { session: session.id } }, signal })),
  });
}

/** The number of the newest canvas; null where none was drawn. */
export const drawnIn = (enrichment: Enrichment | undefined): number | null =>
  enrichment?.found.find((one) => (one.kind as string) === KIND)?.version ?? null;

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
  const look = async () => {
    await client.invalidateQueries({ queryKey: keys.session(id) });
    await client.invalidateQueries({ queryKey: keys.enrichments(id) });
  };
  return {
    look,
    draw: async (): Promise<void> => {
      told(await api.POST('/api/sessions/{session}/enrichment', { ...at, body: { steps: [KIND], priority: 'normal' } }));
      await look();
    },
    /** Refused with 409 where a newer canvas than `basedOn` has come meanwhile. */
    quote: async (basedOn: number, quotes: Quote[]): Promise<void> => {
      const after = told(await api.PATCH('/api/sessions/{session}/canvas', { ...at, body: { based_on: basedOn, quotes } }));
      client.setQueryData(keys.canvas(id, after.version), after);
      await client.invalidateQueries({ queryKey: keys.enrichments(id) });
    },
  };
}
