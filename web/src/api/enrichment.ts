/** What was found out about a session, and the steps that find it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, told } from './client';
import { keys } from './keys';
import type { Enrichment, Job, WholeSession } from './types';

/** A step of the enrichment, and the document that it writes. */
export type Step = 'transcript' | 'chapters' | 'summary' | 'canvas';

/** The job that writes each. */
const JOBS = { transcript: 'review', chapters: 'chapters', summary: 'summary', canvas: 'canvas' } as const;

/** Asked for again when a step begins or ends; `live` asks when somebody edits. */
export function useEnrichment(session: WholeSession) {
  const steps = (session.jobs as Job[]).filter((job) => (Object.values(JOBS) as string[]).includes(job.kind));
  return useQuery<Enrichment>({
    queryKey: keys.enrichment(session.id, steps.map((job) => `${job.id} ${job.status}`).join()),
    enabled: session.film !== null,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      told(await api.GET('/api/sessions/{session}/enrichment', { params: { path: { session: session.id } }, signal })),
  });
}

/** The number of the newest version; null where there is none. */
export const newestOf = (enrichment: Enrichment | undefined, step: Step): number | null =>
  enrichment?.found.find((one) => (one.kind as string) === step)?.version ?? null;

/** The newest job of a step. */
export function jobOf(session: WholeSession, step: Step): Job | undefined {
  const jobs = (session.jobs as Job[]).filter((job) => job.kind === JOBS[step]);
  return jobs.reduce<Job | undefined>((last, job) => (last === undefined || job.id > last.id ? job : last), undefined);
}

/** What all of them share: looking anew, and asking for steps. */
export function useSteps(id: string) {
  const client = useQueryClient();
  const changed = () => client.invalidateQueries({ queryKey: keys.enrichments(id) });
  const look = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: keys.session(id) });
    await changed();
  };
  return {
    look,
    /** A newer version is there. */
    changed,
    /** Ask for steps, once more if need be. */
    ask: async (...steps: Step[]): Promise<void> => {
      const body = { steps: steps.map((step) => JOBS[step]), priority: 'normal' as const };
      told(await api.POST('/api/sessions/{session}/enrichment', { params: { path: { session: id } }, body }));
      await look();
    },
  };
}
