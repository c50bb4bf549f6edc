/** Sessions: read, and what can be asked of them. */
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { api, asProblem, Problem, send, told } from './client';
import { keys, STATUSES, type SessionFilter } from './keys';
import type { AudioChoice, Enriching, Job, Session, SoundFormat, WholeSession } from './types';
import { pollEvery, useLink } from '../live/connection';

export interface SessionsPage {
  sessions: Session[];
  total: number;
  offset: number;
}

const PAGE = 200;

/** The query of a list, with nothing that is the default. */
export function listQuery({ q, show, sort }: SessionFilter, offset: number, limit: number) {
  const status = [...STATUSES[show]];
  return {
    limit,
    offset,
    ...(q === '' ? {} : { q }),
    ...(status.length === 0 ? {} : { status }),
    ...(sort === 'newest' ? {} : { sort }),
  };
}

async function readPage(filter: SessionFilter, offset: number, limit: number, signal: AbortSignal): Promise<SessionsPage> {
  const query = listQuery(filter, offset, limit);
  const page = told(await api.GET('/api/sessions', { params: { query }, signal }));
  return { sessions: page.sessions, total: page.total, offset };
}

export function useSessions(filter: SessionFilter) {
  const link = useLink();
  return useInfiniteQuery({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) => readPage(filter, pageParam, PAGE, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => {
      const next = last.offset + last.sessions.length;
      return last.sessions.length > 0 && next < last.total ? next : undefined;
    },
    placeholderData: (before) => before,
    refetchInterval: pollEvery(link, 5000),
  });
}

/** How many sessions there are of each sort; nothing where the backend cannot tell. */
export function useCounts(q: string) {
  const link = useLink();
  return useQuery({
    queryKey: keys.counts(q),
    queryFn: async ({ signal }) => {
      const shows = ['all', 'recording', 'working', 'ready', 'failed'] as const;
      const pages = await Promise.all(shows.map((show) => readPage({ q, show, sort: 'newest' }, 0, 1, signal)));
      return Object.fromEntries(shows.map((show, i) => [show, pages[i]?.total ?? 0])) as Record<SessionFilter['show'], number>;
    },
    placeholderData: (before) => before,
    refetchInterval: pollEvery(link, 10_000),
  });
}

export function useSession(id: string) {
  const link = useLink();
  return useQuery({
    queryKey: keys.session(id),
    queryFn: async ({ signal }): Promise<WholeSession> =>
      told(await api.GET('/api/sessions/{session}', { params: { path: { session: id } }, signal })),
    refetchInterval: pollEvery(link, 2000),
  });
}

/** What was deleted and can still be brought back, the newest first. */
export function useBin() {
  return useQuery({
    queryKey: keys.bin,
    queryFn: async ({ signal }) => told(await api.GET('/api/sessions', { params: { query: { binned: true, limit: 50 } }, signal })),
  });
}

/** A session's title and pictures, from a list that has it, else read by itself. */
export function useSessionFacts(id: string): Session | undefined {
  const client = useQueryClient();
  const lists = client.getQueriesData<InfiniteData<SessionsPage>>({ queryKey: ['sessions', 'list'] });
  const listed = lists.flatMap(([, data]) => data?.pages ?? []).flatMap((page) => page.sessions).find((one) => one.id === id);
  const read = useQuery({
    queryKey: keys.session(id),
    enabled: listed === undefined,
    queryFn: async ({ signal }): Promise<WholeSession> =>
      told(await api.GET('/api/sessions/{session}', { params: { path: { session: id } }, signal })),
  });
  return read.data ?? listed;
}

/** Put a session that an answer brought where the page reads it. */
function put(client: QueryClient, session: WholeSession): WholeSession {
  client.setQueryData(keys.session(session.id), session);
  void client.invalidateQueries({ queryKey: keys.sessions });
  return session;
}

const at = (session: string) => ({ params: { path: { session } } });

/** The request outlives the page: it may be its last one. */
async function change(id: string, body: { title?: string; watched?: number }): Promise<WholeSession> {
  const answer = await send('PATCH', `/api/sessions/${encodeURIComponent(id)}`, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    keepalive: true,
  });
  return (await answer.json()) as WholeSession;
}

/** What can be asked of a session. Each answers with the session as it then is, or throws a Problem. */
export function sessionRequests(client: QueryClient) {
  return {
    begin: async (title: string): Promise<WholeSession> =>
      put(client, told(await api.POST('/api/sessions', { body: { live: true, title: title || null, again: false, priority: 'normal' } }))),
    bring: async (paths: string[]): Promise<WholeSession> =>
      put(client, told(await api.POST('/api/sessions', { body: { paths, live: false, again: false, priority: 'normal' } }))),
    end: async (id: string): Promise<WholeSession> =>
      put(client, told(await api.POST('/api/sessions/{session}/end', { ...at(id), body: { priority: 'normal' } }))),
    cancel: async (id: string): Promise<WholeSession> => put(client, told(await api.POST('/api/sessions/{session}/cancel', at(id)))),
    retry: async (id: string): Promise<WholeSession> => put(client, told(await api.POST('/api/sessions/{session}/retry', at(id)))),
    /** Have the film made smaller, in the background. */
    optimise: async (id: string): Promise<void> => {
      told(await api.POST('/api/sessions/{session}/optimise', { ...at(id), body: {} }));
      await client.invalidateQueries({ queryKey: keys.session(id) });
      await client.invalidateQueries({ queryKey: keys.sessions });
    },
    /** Find out in the background what is not known of these sessions yet. */
    enrichMany: async (sessions: string[]): Promise<Enriching> => {
      const found = told(await api.POST('/api/enrichment', { body: { sessions, lacking: true, priority: 'low' } }));
      await client.invalidateQueries({ queryKey: keys.jobs });
      return found;
    },
    /** Have another track of the sound heard: the film is made again. */
    hear: async (id: string, audio: AudioChoice): Promise<WholeSession> => {
      const session = put(client, told(await api.POST('/api/sessions/{session}/hear', { ...at(id), body: { audio } })));
      await client.invalidateQueries({ queryKey: keys.playback(id) });
      return session;
    },
    /** Have a file of the sound made; the job's result has its key. */
    sound: async (id: string, format: SoundFormat): Promise<Job> => {
      const job = told(await api.POST('/api/sessions/{session}/sound', { ...at(id), body: { format } }));
      await client.invalidateQueries({ queryKey: keys.jobs });
      return job;
    },
    /** Have the film made after all. */
    merge: async (id: string): Promise<WholeSession> => put(client, told(await api.POST('/api/sessions/{session}/merge', at(id)))),
    remove: async (id: string): Promise<WholeSession> => {
      const session = told(await api.DELETE('/api/sessions/{session}', at(id)));
      client.removeQueries({ queryKey: keys.session(id) });
      await client.invalidateQueries({ queryKey: keys.sessions });
      return session;
    },
    /** Out of the bin, with the work that deleting it cancelled. */
    restore: async (id: string, working: boolean): Promise<WholeSession> => {
      const session = told(await api.POST('/api/sessions/{session}/restore', at(id)));
      if (!working) return put(client, session);
      try {
        return put(client, told(await api.POST('/api/sessions/{session}/retry', at(id))));
      } catch {
        return put(client, session);
      }
    },
    rename: async (id: string, title: string): Promise<WholeSession> =>
      put(client, await change(id, { title })),
    sample: async (): Promise<WholeSession> => put(client, told(await api.POST('/api/sample'))),
  };
}

export type SessionRequests = ReturnType<typeof sessionRequests>;

export function useSessionRequests(): SessionRequests {
  return sessionRequests(useQueryClient());
}

/** Keep where the owner left the film, even while the page goes. Quiet: nothing hangs on it. */
export function keepPosition(id: string, watched: number): void {
  change(id, { watched }).catch(() => undefined);
}

export function isGone(error: unknown): boolean {
  return error instanceof Problem && asProblem(error).status === 404;
}
