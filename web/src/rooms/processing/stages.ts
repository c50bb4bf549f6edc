/** From a job to the rows of its stages. */
import type { Job } from '../../api/types';
import { nameOfKind } from '../../state/job-words';

export interface ShownStage {
  name: string;
  label: string;
  progress: number;
  state: 'done' | 'now' | 'failed' | 'waits' | 'paused';
}

/** Labels of stages that a job which does not run no longer tells of. */
const LABELS: Readonly<Record<string, string>> = {
  reading: 'Reading the recording',
  picture: 'Encoding the picture for browsers',
  film: 'Putting picture and sound together',
  checking: 'Checking the film',
};
const USUAL = ['reading', 'film', 'checking'];

export function stagesOf(job: Job, done: boolean): ShownStage[] {
  const told = job.stages ?? [];
  const stages = told.length > 0 ? told : usual(job);
  if (done || job.status === 'completed') return stages.map((stage) => ({ ...stage, progress: 1, state: 'done' }));
  const current = stages.findIndex((stage) => stage.name === job.stage);
  const stopped = job.status === 'failed' || job.status === 'cancelled';
  return stages.map((stage, index) => {
    // It failed before it had begun: what it was to begin with did not work.
    if (current === -1 && job.status === 'failed' && index === 0) return { ...stage, state: 'failed' };
    if (current === -1) return { ...stage, state: 'waits' };
    if (index < current || (index === current && stage.progress >= 1 && !stopped)) return { ...stage, progress: 1, state: 'done' };
    if (index > current) return { ...stage, state: 'waits' };
    if (job.status === 'failed') return { ...stage, state: 'failed' };
    if (job.status === 'running') return { ...stage, state: 'now' };
    return { ...stage, state: 'paused' };
  });
}

function usual(job: Job): { name: string; label: string; progress: number }[] {
  if (job.kind !== 'merge') return [{ name: job.stage ?? job.kind, label: nameOfKind(job.kind), progress: job.progress }];
  const names = job.stage === null || USUAL.includes(job.stage) ? USUAL : [...USUAL.slice(0, 1), job.stage, ...USUAL.slice(1)];
  return names.map((name) => ({ name, label: LABELS[name] ?? name, progress: 0 }));
}
