/** Names of what is cached, in one place, so that events can say what has changed. */
import type { JobStatus, SessionStatus } from './types';

export interface SessionFilter {
  q: string;
  show: 'all' | 'recording' | 'working' | 'ready' | 'failed';
  sort: Sort;
}

export type Sort = 'newest' | 'oldest' | 'recorded' | 'title';

export const STATUSES: Record<SessionFilter['show'], readonly SessionStatus[]> = {
  all: [],
  recording: ['recording'],
  working: ['waiting', 'processing', 'paused'],
  ready: ['ready', 'unmerged'],
  failed: ['failed', 'cancelled'],
};

export const ACTIVE: readonly JobStatus[] = ['running', 'queued', 'delayed', 'pending', 'paused'];

export const keys = {
  sessions: ['sessions'] as const,
  list: (filter: SessionFilter) => ['sessions', 'list', filter] as const,
  counts: (q: string) => ['sessions', 'counts', q] as const,
  session: (id: string) => ['session', id] as const,
  playback: (id: string) => ['playback', id] as const,
  peaks: (id: string, key: string) => ['peaks', id, key] as const,
  waves: (id: string, key: string, piece: number) => ['waves', id, key, piece] as const,
  analysis: (id: string, version: string) => ['analysis', id, version] as const,
  enrichments: (id: string) => ['enrichment', id] as const,
  enrichment: (id: string, stamp: string) => ['enrichment', id, stamp] as const,
  transcript: (id: string, version: number) => ['transcript', id, version] as const,
  search: (words: string, by: string) => ['search', by, words] as const,
  chapters: (id: string, version: number) => ['chapters', id, version] as const,
  summary: (id: string, version: number) => ['summary', id, version] as const,
  canvas: (id: string, version: number) => ['canvas', id, version] as const,
  jobs: ['jobs'] as const,
  activeJobs: ['jobs', 'active'] as const,
  endedJobs: ['jobs', 'ended'] as const,
  job: (id: number | null) => ['jobs', 'one', id] as const,
  queue: ['queue'] as const,
  settings: ['settings'] as const,
  models: ['models'] as const,
  status: ['status'] as const,
  backups: ['backups'] as const,
  bin: ['sessions', 'bin'] as const,
};
