/** Words looked for in everything that is known. */
import { useQuery } from '@tanstack/react-query';
import { api, told } from './client';
import { keys } from './keys';
import type { SearchBy } from './types';

/** Hits that are shown; the search says how many more there are. */
export const MOST = 40;

/** Places that are shown beside those, since they mean something like it. */
const CLOSE = 12;

/** Where words are said, or what means the same; an older question is aborted by a newer one. */
export function useSearch(words: string, by: SearchBy = 'words') {
  return useQuery({
    queryKey: keys.search(words, by),
    enabled: words.trim() !== '',
    // What is said may have changed since.
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal }) => told(await api.GET('/api/search', { params: { query: { q: words, by, limit: by === 'words' ? MOST : CLOSE } }, signal })),
  });
}
