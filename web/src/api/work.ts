/** Jobs, the queue and settings: read, and what can be asked of them. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, told } from './client';
import { ACTIVE, keys } from './keys';
import type { Job, JobStatus, Queue, Setting } from './types';
import { pollEvery, useLink } from '../live/connection';

async function readJobs(status: readonly JobStatus[], limit: number, signal: AbortSignal) {
  const page = told(await api.GET('/api/jobs', { params: { query: { status: [...status], limit } }, signal }));
  return { jobs: page.jobs as Job[], total: page.total ?? page.jobs.length };
}

/** Jobs of one sort that the queue shows; it says how many more there are. */
const MOST = 60;

export function useActiveJobs() {
  const link = useLink();
  return useQuery({
    queryKey: keys.activeJobs,
    queryFn: ({ signal }) => readJobs(ACTIVE, MOST, signal),
    refetchInterval: pollEvery(link, 2000),
  });
}

export function useEndedJobs() {
  const link = useLink();
  return useQuery({
    queryKey: keys.endedJobs,
    queryFn: async ({ signal }) => {
      const [failed, done] = await Promise.all([
        readJobs(['failed'], MOST, signal),
        readJobs(['completed', 'cancelled'], 30, signal),
      ]);
      return { failed: failed.jobs, done: done.jobs, hidden: failed.total - failed.jobs.length };
    },
    refetchInterval: pollEvery(link, 2000),
  });
}

/** One job; nothing while there is none. */
export function useJob(job: number | null): Job | undefined {
  const link = useLink();
  const { data } = useQuery({
    queryKey: keys.job(job),
    enabled: job !== null,
    queryFn: async ({ signal }): Promise<Job> => told(await api.GET('/api/jobs/{job}', { params: { path: { job: job ?? 0 } }, signal })),
    refetchInterval: pollEvery(link, 2000),
  });
  return data;
}

export function useQueue() {
  const link = useLink();
  return useQuery({
    queryKey: keys.queue,
    queryFn: async ({ signal }): Promise<Queue> => told(await api.GET('/api/queue', { signal })),
    // The time that is left moves while nothing happens.
    refetchInterval: (query) => {
      const counts = query.state.data?.counts;
      const busy = counts !== undefined && ACTIVE.some((status) => (counts[status] ?? 0) > 0);
      return pollEvery(link, 5000) || (busy && link === 'live' ? 5000 : false);
    },
  });
}

const at = (job: number) => ({ params: { path: { job } } });

export function useJobRequests() {
  const client = useQueryClient();
  const after = async <T>(answer: Promise<{ data?: T }>): Promise<T> => {
    const value = told(await answer);
    await Promise.all([
      client.invalidateQueries({ queryKey: keys.jobs }),
      client.invalidateQueries({ queryKey: keys.queue }),
    ]);
    return value;
  };
  return {
    cancel: (job: number) => after(api.POST('/api/jobs/{job}/cancel', at(job))),
    retry: (job: number) => after(api.POST('/api/jobs/{job}/retry', at(job))),
    pause: (job: number) => after(api.POST('/api/jobs/{job}/pause', at(job))),
    resume: (job: number) => after(api.POST('/api/jobs/{job}/resume', at(job))),
    clear: () => after(api.POST('/api/jobs/clear')),
    cancelAll: async () => (await after(api.POST('/api/queue/cancel'))).cancelled,
    retryAll: async (jobs: number[]) => (await after(api.POST('/api/queue/retry', { body: { jobs } }))).retried,
    pauseAll: () => after(api.POST('/api/queue/pause')),
    resumeAll: () => after(api.POST('/api/queue/resume')),
  };
}

export function useSettings() {
  return useQuery({
    queryKey: keys.settings,
    queryFn: async ({ signal }): Promise<Setting[]> => told(await api.GET('/api/settings', { signal })).settings,
  });
}

export function useStatus() {
  return useQuery({
    queryKey: keys.status,
    queryFn: async ({ signal }) => told(await api.GET('/api/status', { signal })),
  });
}

export function useBackups() {
  return useQuery({
    queryKey: keys.backups,
    queryFn: async ({ signal }) => told(await api.GET('/api/backups', { signal })).backups,
  });
}

export function useLibraryRequests() {
  const client = useQueryClient();
  return {
    set: async (name: string, value: string | null): Promise<void> => {
      const { settings } = told(await api.PATCH('/api/settings', { body: { values: { [name]: value } } }));
      client.setQueryData(keys.settings, settings);
    },
    backUp: async (): Promise<void> => {
      told(await api.POST('/api/backup'));
      await client.invalidateQueries({ queryKey: keys.backups });
    },
  };
}
