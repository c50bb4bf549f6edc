/** What jobs and sessions are called on the page. */
import type { Job, JobKind, Queue, Session } from '../api/types';
import { count, percent, span } from './words';

const KINDS: Readonly<Record<string, string>> = {
  merge: 'Making the film',
  waveform: 'Drawing the waveform',
  thumbnails: 'Making thumbnails',
  optimise: 'Shrinking',
  review: 'Writing down what is said',
  chapters: 'Finding chapters',
  summary: 'Summing up',
  canvas: 'Drawing the canvas',
  soundtrack: 'Saving the sound',
};

/** What comes of a job. */
const MADE: Readonly<Record<string, string>> = {
  merge: 'film',
  waveform: 'waveform',
  thumbnails: 'thumbnails',
  optimise: 'smaller film',
  review: 'transcript',
  chapters: 'chapters',
  summary: 'summary',
  canvas: 'canvas',
  soundtrack: 'file of the sound',
};

export const nameOfKind = (kind: JobKind): string => KINDS[kind] ?? `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

/** What a job is doing, in the words of its stage where it has one. */
export function doing(job: Job): string {
  const stage = job.stages?.find((one) => one.name === job.stage);
  return stage?.label ?? nameOfKind(job.kind);
}

export function waitsFor(job: Job): string {
  const what = nameOfKind(job.kind);
  if (job.status === 'pending') return job.kind === 'merge' ? what : `${what}, after the film`;
  if (job.status === 'delayed') return job.attempt === 0 ? `${what}, in a moment` : `${what}, tries again in a moment`;
  if (job.status === 'paused') return `${what}, paused`;
  return `${what}, next in line`;
}

/** Jobs of one session together, in the order in which the sessions first come. */
export function bySession(jobs: readonly Job[]): [Job, ...Job[]][] {
  const groups = new Map<string, [Job, ...Job[]]>();
  for (const job of jobs) {
    const group = groups.get(job.session);
    if (group === undefined) groups.set(job.session, [job]);
    else group.push(job);
  }
  return [...groups.values()];
}

/** What has ended of one session: "Film, waveform made", "Film made; thumbnails cancelled". */
export function endings(jobs: readonly Job[]): string {
  const inOrder = [...jobs].sort((a, b) => a.id - b.id);
  const list = (made: boolean) =>
    [...new Set(inOrder.filter((job) => (job.status === 'completed') === made).map((job) => MADE[job.kind] ?? job.kind))].join(', ');
  const words = [list(true) && `${list(true)} made`, list(false) && `${list(false)} cancelled`].filter(Boolean).join('; ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function figure(progress: number, secondsLeft: number | null | undefined): string {
  return secondsLeft === null || secondsLeft === undefined ? percent(progress) : `${percent(progress)} · ${span(secondsLeft)}`;
}

/** What the badge says; null when there is nothing to say. */
export function badgeWords(queue: Queue | undefined, active: readonly Job[] | undefined): { text: string; short: string; left: string } | null {
  if (queue === undefined) return null;
  const of = (status: keyof Queue['counts']) => queue.counts[status] ?? 0;
  const waiting = of('queued') + of('pending') + of('delayed') + of('paused');
  if (of('running') + waiting === 0) return null;
  const left = queue.seconds_left > 0 ? span(queue.seconds_left) : '';
  if (queue.paused && of('running') === 0) {
    return { text: `Paused · ${count(waiting, 'job')} waiting`, short: 'Paused', left: '' };
  }
  // Until the jobs are read, nobody knows whether films are among them.
  if (active === undefined) return { text: 'Working', short: left || String(of('running') + waiting), left };
  const films = new Set(active.filter((job) => job.kind === 'merge').map((job) => job.session)).size;
  const sounds = active.every((job) => job.kind === 'soundtrack');
  const text = sounds ? 'Saving the sound' : films > 0 ? `Making ${count(films, 'film')}` : `Enriching ${count(Math.max(1, queue.sessions), 'session')}`;
  return { text, short: left || String(of('running') + waiting), left };
}

/** The head of the queue: when all of it is done. */
export function queueTitle(queue: Queue): string {
  const of = (status: keyof Queue['counts']) => queue.counts[status] ?? 0;
  const waiting = of('queued') + of('pending') + of('delayed');
  if (queue.paused) return of('running') > 0 ? 'Pausing' : 'Paused';
  if (of('running') + waiting === 0) return of('paused') > 0 ? 'Paused' : 'All done';
  return queue.seconds_left > 0 ? `All done in about ${span(queue.seconds_left)}` : 'Working';
}

/** Whether a smaller film can be asked for: it is not being made, and nothing came of asking yet. */
export const canShrink = (session: Session): boolean =>
  session.film !== null && (session.optimising === null || session.optimising.status === 'failed' || session.optimising.status === 'cancelled');

/** Whether its film is being made, for the first time or again. */
export const isMaking = ({ media_processing: { status } }: Session): boolean =>
  status !== null && status !== 'completed' && status !== 'failed' && status !== 'cancelled';

/** Whether something of the session is still to be done. */
export const isWorking = (session: Session): boolean =>
  session.status === 'processing' || session.status === 'waiting' || session.status === 'paused';
