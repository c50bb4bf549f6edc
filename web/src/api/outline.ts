/** Chapters and summary of a session: read, edited, asked for. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, send, told } from './client';
import { newestOf, useEnrichment, useSteps } from './enrichment';
import { keys } from './keys';
import type { Chapters, Summary, WholeSession } from './types';

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
  const version = newestOf(useEnrichment(session).data, 'chapters');
  const { data } = useChapters(session.id, version);
  return version === null ? NONE : (data?.chapters ?? NONE);
}

export type SummaryText = Pick<Summary, 'title' | 'abstract' | 'points' | 'actions'>;

export function useOutlineRequests(id: string) {
  const client = useQueryClient();
  const at = { params: { path: { session: id } } };
  const { look, changed } = useSteps(id);
  return {
    look,
    /** Read the newest, whatever was known; its version. */
    newest: async (kind: OutlineKind): Promise<number> => {
      const found =
        kind === 'chapters'
          ? told(await api.GET('/api/sessions/{session}/chapters', at))
          : told(await api.GET('/api/sessions/{session}/summary', at));
      client.setQueryData(keys[kind](id, found.version), found);
      await changed();
      return found.version;
    },
    /** Refused with 409 where a newer version than `basedOn` has come meanwhile. */
    editChapters: async (basedOn: number, chapters: readonly Chapter[]): Promise<Chapters> => {
      const after = told(
        await api.PATCH('/api/sessions/{session}/chapters', { ...at, body: { based_on: basedOn, chapters: [...chapters] } }),
      );
      client.setQueryData(keys.chapters(id, after.version), after);
      await changed();
      return after;
    },
    editSummary: async (basedOn: number, { title, abstract, points, actions }: SummaryText): Promise<Summary> => {
      const body = { based_on: basedOn, title, abstract, points, actions };
      const after = told(await api.PATCH('/api/sessions/{session}/summary', { ...at, body }));
      client.setQueryData(keys.summary(id, after.version), after);
      await changed();
      return after;
    },
  };
}
