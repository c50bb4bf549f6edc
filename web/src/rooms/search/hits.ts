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
