/** Which failures the owner has seen: those that ended before the queue was last looked at. */
import type { Job } from '../api/types';
import { createStore, useStore } from './store';
import { keep, recall } from './kept';

const seen = createStore<{ until: string }>({ until: recall('seen') ?? '' });

const endOf = (job: Job): string => job.completed_at ?? job.updated_at;

export function markSeen(jobs: readonly Job[]): void {
  const newest = jobs.map(endOf).sort().at(-1);
  if (newest === undefined || newest <= seen.get().until) return;
  seen.set({ until: newest });
  keep('seen', newest);
}

export const unseen = (jobs: readonly Job[], until: string): Job[] => jobs.filter((job) => endOf(job) > until);

export const useSeenUntil = (): string => useStore(seen, (now) => now.until);
