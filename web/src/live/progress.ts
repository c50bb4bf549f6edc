/** How far running jobs are: told by the stream, at most ten times a second, and kept nowhere else. */
import type { Job, Stage } from '../api/types';
import { createStore, useStore } from '../state/store';
import type { LiveEvent } from './events';

export interface JobProgress {
  job: number;
  session: string;
  /** It is the job that makes the session's film. */
  film: boolean;
  progress: number;
  stage: string | null;
  stages: readonly Stage[];
  secondsLeft: number | null;
  speed: number | null;
}

export interface Running {
  jobs: ReadonlyMap<number, JobProgress>;
  /** The job that makes a session's film, by session. */
  films: ReadonlyMap<string, number>;
}

export const NOTHING: Running = { jobs: new Map(), films: new Map() };

export function reduce(state: Running, event: LiveEvent): Running {
  if (event.event === 'reset') return NOTHING;
  if (event.job === null || event.session === null) return state;
  if (event.event === 'job-progress' || event.event === 'media-processing-progress') {
    return advance(state, event, event.job, event.session);
  }
  if (event.event === 'job-completed') return finish(state, event.job);
  // A new attempt begins at nothing. Until then what was told last stands: the snapshot that follows
  // an ending says what became of it, and in between nothing must jump.
  return BEGINNINGS.has(event.event) ? forget(state, event.job) : state;
}

const BEGINNINGS = new Set(['job-running', 'job-queued', 'job-retried']);
/** Jobs remembered; the oldest go first. */
const MOST = 300;

function advance(state: Running, event: LiveEvent, job: number, session: string): Running {
  const before = state.jobs.get(job);
  const film = (before?.film ?? false) || event.event === 'media-processing-progress';
  const now: JobProgress = {
    job,
    session,
    film,
    // A bar never goes back while its job runs.
    progress: Math.max(before?.progress ?? 0, event.progress ?? 0),
    stage: event.stage ?? null,
    stages: event.stages ?? before?.stages ?? [],
    secondsLeft: event.seconds_left ?? null,
    speed: event.speed ?? before?.speed ?? null,
  };
  const films = film && state.films.get(session) !== job ? new Map(state.films).set(session, job) : state.films;
  const jobs = new Map(state.jobs).set(job, now);
  const [oldest] = jobs.keys();
  if (jobs.size > MOST && oldest !== undefined) jobs.delete(oldest);
  return { jobs, films };
}

function finish(state: Running, job: number): Running {
  const before = state.jobs.get(job);
  if (before === undefined) return state;
  const stages = before.stages.map((stage) => ({ ...stage, progress: 1 }));
  return { ...state, jobs: new Map(state.jobs).set(job, { ...before, progress: 1, stages, secondsLeft: null }) };
}

function forget(state: Running, job: number): Running {
  const gone = state.jobs.get(job);
  if (gone === undefined) return state;
  const jobs = new Map(state.jobs);
  jobs.delete(job);
  if (state.films.get(gone.session) !== job) return { jobs, films: state.films };
  const films = new Map(state.films);
  films.delete(gone.session);
  return { jobs, films };
}

export const running = createStore<Running>(NOTHING);

/** A job with what was last told of it. */
export function withLive(job: Job, live: JobProgress | undefined): Job {
  if (live === undefined) return job;
  if (job.status !== 'running') {
    // Its stages are no longer told; where it stopped was told last.
    const ended = job.status === 'failed' || job.status === 'cancelled' || job.status === 'completed';
    return ended && (job.stages ?? []).length === 0 ? { ...job, stages: [...live.stages], progress: Math.max(job.progress, live.progress) } : job;
  }
  return {
    ...job,
    progress: Math.max(job.progress, live.progress),
    stage: live.stage,
    stages: [...live.stages],
    seconds_left: live.secondsLeft,
    speed: live.speed,
  };
}

export const useJobProgress = (job: number | undefined): JobProgress | undefined =>
  useStore(running, (state) => (job === undefined ? undefined : state.jobs.get(job)));

export const useFilmProgress = (session: string): JobProgress | undefined =>
  useStore(running, (state) => {
    const job = state.films.get(session);
    return job === undefined ? undefined : state.jobs.get(job);
  });
