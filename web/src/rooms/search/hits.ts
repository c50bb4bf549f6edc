/** Hits of a search, by session. */
import type { Hit } from '../../api/types';

export interface Group {
  session: string;
  title: string;
  hits: Hit[];
}

/** Sessions in the order of their best hits; within one, as they came. */
export function grouped(hits: readonly Hit[]): Group[] {
  const groups = new Map<string, Group>();
  for (const hit of hits) {
    const group = groups.get(hit.session);
    if (group === undefined) groups.set(hit.session, { session: hit.session, title: hit.title, hits: [hit] });
    else group.hits.push(hit);
  }
  return [...groups.values()];
}

/** Seconds within which two hits of one session lead to the same place. */
const NEAR = 20;

/** Hits that lead to other places than those that are known already. */
export function others(hits: readonly Hit[], known: readonly Hit[]): Hit[] {
  return hits.filter((hit) => !known.some((other) => samePlace(hit, other)));
}

function samePlace(a: Hit, b: Hit): boolean {
  return a.session === b.session && (a.kind === 'title') === (b.kind === 'title') && Math.abs(a.start - b.start) < NEAR;
}
