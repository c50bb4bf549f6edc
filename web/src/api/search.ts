/** Words looked for in everything that is known. */
import { useQuery } from '@tanstack/react-query';
import { api, told } from './client';
import { keys } from './keys';

/** Hits that are shown; the search says how many more there are. */
export const MOST = 40;

/** Where words are said; an older question is aborted by a newer one. */
export function useSearch(words: string) {
  return useQuery({
    queryKey: keys.search(words),
    enabled: words.trim() !== '',
    // What is said may have changed since.
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal }) => told(await api.GET('/api/search', { params: { query: { q: words, limit: MOST } }, signal })),
  });
}
