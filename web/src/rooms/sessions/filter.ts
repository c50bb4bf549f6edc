/** What of the sessions is shown stands in the address, so that going back finds it again. */
import { useCallback, useMemo } from 'react';
import { STATUSES, type SessionFilter, type Sort } from '../../api/keys';
import { go, useRoute } from '../../state/route';

export const SORTS: Record<Sort, string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  recorded: 'By date recorded',
  title: 'By title',
};

export function readFilter(search: string): SessionFilter {
  const query = new URLSearchParams(search);
  const show = query.get('show') ?? 'all';
  const sort = query.get('sort') ?? 'newest';
  return {
    q: (query.get('q') ?? '').slice(0, 500),
    show: Object.hasOwn(STATUSES, show) ? (show as SessionFilter['show']) : 'all',
    sort: Object.hasOwn(SORTS, sort) ? (sort as Sort) : 'newest',
  };
}

export function writeFilter(filter: SessionFilter): string {
  const query = new URLSearchParams();
  if (filter.q) query.set('q', filter.q);
  if (filter.show !== 'all') query.set('show', filter.show);
  if (filter.sort !== 'newest') query.set('sort', filter.sort);
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

export function useFilter(): [SessionFilter, (change: Partial<SessionFilter>) => void] {
  const { search } = useRoute();
  const filter = useMemo(() => readFilter(search), [search]);
  const change = useCallback(
    (part: Partial<SessionFilter>) => go(writeFilter({ ...filter, ...part }), { replace: true }),
    [filter],
  );
  return [filter, change];
}
