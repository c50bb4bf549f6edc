/** What the event stream tells, read from the wire, and what of the page each event concerns. */
import type { Fault, Stage } from '../api/types';

export interface LiveEvent {
  id: number | null;
  event: string;
  session: string | null;
  job: number | null;
  kind?: string;
  status?: string;
  stage?: string | null;
  progress?: number;
  stages?: Stage[];
  seconds_left?: number | null;
  speed?: number | null;
  error?: Fault | null;
  /** Name of the model that is verified. */
  model?: string;
}

const JOB_STATUSES = ['pending', 'queued', 'delayed', 'running', 'paused', 'completed', 'failed', 'cancelled'];

/** Names to listen for. Names of job families repeat these, except for what a film is doing. */
export const NAMES: readonly string[] = [
  'reset',
  'job-progress',
  'job-retried',
  ...JOB_STATUSES.map((status) => `job-${status}`),
  'media-processing-progress',
  'model-progress',
  'session-created',
  'session-updated',
  'session-deleted',
  'queue-changed',
  'settings-changed',
];

export function eventFrom(text: string): LiveEvent | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('event' in value)) return null;
    return typeof value.event === 'string' ? (value as LiveEvent) : null;
  } catch {
    return null;
  }
}

/** Which snapshots an event has made old. */
export interface Stale {
  everything: boolean;
  /** The lists of sessions: one more, one fewer, or in another place. */
  lists: boolean;
  /** Sessions to be read again, by id. */
  sessions: ReadonlySet<string>;
  jobs: boolean;
  queue: boolean;
  settings: boolean;
}

export const FRESH: Stale = {
  everything: false,
  lists: false,
  sessions: new Set(),
  jobs: false,
  queue: false,
  settings: false,
};

export function staleAfter(stale: Stale, event: LiveEvent): Stale {
  const sessions = event.session === null ? stale.sessions : new Set([...stale.sessions, event.session]);
  switch (event.event) {
    case 'reset':
      return { ...stale, everything: true };
    case 'session-created':
    case 'session-deleted':
      return { ...stale, sessions, lists: true, jobs: true, queue: true };
    case 'session-updated':
      return { ...stale, sessions };
    case 'queue-changed':
      return { ...stale, queue: true, jobs: true };
    case 'settings-changed':
      return { ...stale, settings: true, queue: true };
    case 'job-progress':
    case 'media-processing-progress':
    case 'model-progress':
      return stale;
    default:
      return { ...stale, sessions, jobs: true, queue: true };
  }
}

export const isFresh = (stale: Stale): boolean => stale === FRESH;
