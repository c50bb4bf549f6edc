/** From events to what is read again: gathered for a moment, so that a burst costs one reading. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { api, Problem, told } from '../api/client';
import { keys, STATUSES, type SessionFilter } from '../api/keys';
import type { SessionsPage } from '../api/sessions';
import type { Session, WholeSession } from '../api/types';
import { FRESH, isFresh, staleAfter, type LiveEvent, type Stale } from './events';

const GATHER = 150;
/** More sessions than this at once, and the lists are read again instead. */
const FEW = 6;

export interface Refresher {
  note: (event: LiveEvent) => void;
  everything: () => void;
  close: () => void;
}

export function refresher(client: QueryClient): Refresher {
  let stale: Stale = FRESH;
  let timer: number | undefined;
  let ended = false;
  let last = 0;

  const flush = () => {
    const now = stale;
    stale = FRESH;
    timer = undefined;
    last = Date.now();
    if (!ended && !isFresh(now)) void carryOut(client, now);
  };
  const plan = () => {
    // The first change shows at once; those that follow on its heels wait for each other.
    timer ??= window.setTimeout(flush, Date.now() - last > 1000 ? 20 : GATHER * 3);
  };
  return {
    note(event) {
      stale = staleAfter(stale, event);
      if (!isFresh(stale)) plan();
    },
    everything() {
      stale = { ...stale, everything: true };
      plan();
    },
    close() {
      ended = true;
      window.clearTimeout(timer);
    },
  };
}

async function carryOut(client: QueryClient, stale: Stale): Promise<void> {
  if (stale.everything) return client.invalidateQueries();
  const work: Promise<unknown>[] = [];
  if (stale.jobs) work.push(client.invalidateQueries({ queryKey: keys.jobs }));
  if (stale.queue) work.push(client.invalidateQueries({ queryKey: keys.queue }));
  if (stale.settings) {
    work.push(client.invalidateQueries({ queryKey: keys.settings }));
    work.push(client.invalidateQueries({ queryKey: keys.models }));
  }
  if (stale.lists || stale.sessions.size > FEW) {
    work.push(client.invalidateQueries({ queryKey: keys.sessions }));
    for (const id of stale.sessions) work.push(client.invalidateQueries({ queryKey: keys.session(id) }));
  } else {
    for (const id of stale.sessions) work.push(readAgain(client, id));
  }
  await Promise.allSettled(work);
}

async function readAgain(client: QueryClient, id: string): Promise<void> {
  try {
    const session: WholeSession = told(await api.GET('/api/sessions/{session}', { params: { path: { session: id } } }));
    client.setQueryData(keys.session(id), session);
    // What was found out about it may have a new version; only a page that shows it reads that.
    void client.invalidateQueries({ queryKey: keys.enrichments(id) });
    const { moved, changed } = putIntoLists(client, session);
    if (moved) await client.invalidateQueries({ queryKey: ['sessions', 'list'] });
    if (changed) await client.invalidateQueries({ queryKey: ['sessions', 'counts'] });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) {
      await client.invalidateQueries({ queryKey: keys.session(id) });
      await client.invalidateQueries({ queryKey: keys.sessions });
    }
  }
}

/** Put what was read into every list that has it. Whether some list no longer fits, and whether the
 *  session is known to be in the state it was in. */
function putIntoLists(client: QueryClient, session: Session): { moved: boolean; changed: boolean } {
  let moved = false;
  let changed = true;
  const lists = client.getQueriesData<InfiniteData<SessionsPage>>({ queryKey: ['sessions', 'list'] });
  for (const [key, data] of lists) {
    const filter = key[2] as SessionFilter;
    const wanted = STATUSES[filter.show];
    const fits = wanted.length === 0 || wanted.includes(session.status);
    const before = data?.pages.flatMap((page) => page.sessions).find((s) => s.id === session.id);
    const there = before !== undefined;
    if (before?.status === session.status) changed = false;
    if (there !== fits && (there || filter.q === '')) moved = true;
    if (!there || data === undefined) continue;
    client.setQueryData<InfiniteData<SessionsPage>>(key, {
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        sessions: page.sessions.map((s) => (s.id === session.id ? session : s)),
      })),
    });
  }
  return { moved, changed };
}
