/** Chapters and summary of a session: read, edited, asked for. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, send, told } from './client';
import { keys } from './keys';
import { useEnrichment } from './transcript';
import type { Chapters, Enrichment, Job, Summary, WholeSession } from './types';

export type Chapter = Chapters['chapters'][number];
export type OutlineKind = 'chapters' | 'summary';

const base = (id: string, kind: OutlineKind) => `/api/sessions/${encodeURIComponent(id)}/${kind}`;

/** Chapters or a summary as a file. */
export const outlineAddress = (id: string, kind: OutlineKind, ending: string, version: number): string =>
  `${base(id, kind)}.${ending}?version=${version}`;

/** The same as text. */
export async function outlineText(id: string, kind: OutlineKind, ending: string, version: number): Promise<string> {
  return (await send('GET', outlineAddress(id, kind, ending, version))).text();
}

/** The number of the newest version; null where there is none. */
export const newestVersion = (enrichment: Enrichment | undefined, kind: 'transcript' | OutlineKind): number | null =>
  enrichment?.found.find((one) => (one.kind as string) === kind)?.version ?? null;

/** The newest job of a step. */
export function stepOf(session: WholeSession, kind: Job['kind']): Job | undefined {
  const jobs = (session.jobs as Job[]).filter((job) => job.kind === kind);
  return jobs.reduce<Job | undefined>((last, job) => (last === undefined || job.id > last.id ? job : last), undefined);
}

/** One version: it never changes, newer ones come beside it. */
export function useChapters(id: string, version: number | null) {
  return useQuery<Chapters>({
    queryKey: keys.chapters(id, version ?? 0),
    enabled: version !== null,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      told(await api.GET('/api/sessions/{session}/chapters', { params: { path: { session: id }, query: { version } }, signal })),
  });
}

export function useSummary(id: string, version: number | null) {
  return useQuery<Summary>({
    queryKey: keys.summary(id, version ?? 0),
    enabled: version !== null,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      told(await api.GET('/api/sessions/{session}/summary', { params: { path: { session: id }, query: { version } }, signal })),
  });
}

const NONE: readonly Chapter[] = [];

/** The newest chapters of a session; none while there are none. */
export function useNewestChapters(session: WholeSession): readonly Chapter[] {
  const version = newestVersion(useEnrichment(session).data, 'chapters');
  const { data } = useChapters(session.id, version);
  return version === null ? NONE : (data?.chapters ?? NONE);
}

export type SummaryText = Pick<Summary, 'title' | 'abstract' | 'points' | 'actions'>;

export function useOutlineRequests(id: string) {
  const client = useQueryClient();
  const at = { params: { path: { session: id } } };
  const look = async () => {
    await client.invalidateQueries({ queryKey: keys.session(id) });
    await client.invalidateQueries({ queryKey: keys.enrichments(id) });
  };
  return {
    look,
    /** Read the newest, whatever was known; its version. */
    newest: async (kind: OutlineKind): Promise<number> => {
      const found =
        kind === 'chapters'
          ? told(await api.GET('/api/sessions/{session}/chapters', at))
          : told(await api.GET('/api/sessions/{session}/summary', at));
      client.setQueryData(keys[kind](id, found.version), found);
      await client.invalidateQueries({ queryKey: keys.enrichments(id) });
      return found.version;
    },
    /** Refused with 409 where a newer version than `basedOn` has come meanwhile. */
    editChapters: async (basedOn: number, chapters: readonly Chapter[]): Promise<Chapters> => {
      const after = told(
        await api.PATCH('/api/sessions/{session}/chapters', { ...at, body: { based_on: basedOn, chapters: [...chapters] } }),
      );
      client.setQueryData(keys.chapters(id, after.version), after);
      await client.invalidateQueries({ queryKey: keys.enrichments(id) });
      return after;
    },
    editSummary: async (basedOn: number, { title, abstract, points, actions }: SummaryText): Promise<Summary> => {
      const body = { based_on: basedOn, title, abstract, points, actions };
      const after = told(await api.PATCH('/api/sessions/{session}/summary', { ...at, body }));
      client.setQueryData(keys.summary(id, after.version), after);
      await client.invalidateQueries({ queryKey: keys.enrichments(id) });
      return after;
    },
    /** Ask for steps, once more if need be. */
    ask: async (steps: ('review' | OutlineKind)[]): Promise<void> => {
      told(await api.POST('/api/sessions/{session}/enrichment', { ...at, body: { steps, priority: 'normal' } }));
      await look();
    },
  };
}
