import { expect, test } from 'vitest';
import type { Job, Queue } from '../api/types';
import { badgeWords, bySession, doing, endings, queueTitle, waitsFor } from './job-words';
import { unseen } from './seen';

const job = (fields: Partial<Job>): Job => ({ id: 1, session: 's', kind: 'merge', status: 'running', stage: null, stages: [], ...fields }) as Job;
const queue = (counts: Partial<Queue['counts']>, more: Partial<Queue> = {}): Queue =>
  ({ paused: false, sessions: 1, seconds_left: 240, limits: {}, machine: {}, counts: { ...counts }, ...more }) as Queue;

test('the badge is silent when nothing runs or waits', () => {
  expect(badgeWords(undefined, [])).toBeNull();
  expect(badgeWords(queue({ completed: 9, failed: 1 }), [])).toBeNull();
});

test('the badge counts films first, then sessions, not jobs', () => {
  expect(badgeWords(queue({ running: 2 }), [job({}), job({ id: 2, kind: 'waveform' })])?.text).toBe('Making 1 film');
  const rest = [job({ kind: 'waveform' }), job({ id: 2, kind: 'thumbnails' }), job({ id: 3, kind: 'waveform', session: 't' })];
  expect(badgeWords(queue({ running: 3 }, { sessions: 2 }), rest)).toEqual({ text: 'Enriching 2 sessions', short: '4 min', left: '4 min' });
  // Of a long queue only the first jobs are read.
  expect(badgeWords(queue({ queued: 4000 }, { sessions: 1000 }), rest)?.text).toBe('Enriching 1,000 sessions');
});

test('the badge does not call it enrichment when somebody saves the sound', () => {
  expect(badgeWords(queue({ running: 1 }), [job({ kind: 'soundtrack' })])?.text).toBe('Saving the sound');
  expect(badgeWords(queue({ running: 2 }), [job({ kind: 'soundtrack' }), job({ id: 2, kind: 'waveform' })])?.text).toBe('Enriching 1 session');
});

test('the badge does not guess before the jobs are read', () => {
  expect(badgeWords(queue({ running: 1 }), undefined)?.text).toBe('Working');
});

test('a paused queue says so, and promises no time', () => {
  expect(badgeWords(queue({ queued: 3 }, { paused: true }), [job({ status: 'queued' })])).toEqual({ text: 'Paused · 3 jobs waiting', short: 'Paused', left: '' });
  expect(queueTitle(queue({ running: 1 }, { paused: true }))).toBe('Pausing');
  expect(queueTitle(queue({ queued: 1 }, { paused: true }))).toBe('Paused');
});

test('the queue says when all of it is done', () => {
  expect(queueTitle(queue({ running: 1 }))).toBe('All done in about 4 min');
  expect(queueTitle(queue({ completed: 4 }))).toBe('All done');
});

test('a job is called by its stage, else by its kind, known or not', () => {
  expect(doing(job({ stage: 'film', stages: [{ name: 'film', label: 'Joining sound', progress: 0 }] }))).toBe('Joining sound');
  expect(doing(job({ kind: 'canvas' }))).toBe('Drawing the canvas');
  expect(doing(job({ kind: 'poem' }))).toBe('Poem');
  expect(waitsFor(job({ kind: 'waveform', status: 'pending' }))).toBe('Drawing the waveform, after the film');
});

test('a failure is unseen until the queue was looked at after it', () => {
  const failed = job({ status: 'failed', completed_at: '2025-06-12T10:00:00Z' });
  expect(unseen([failed], '')).toEqual([failed]);
  expect(unseen([failed], '2025-06-12T10:00:00Z')).toEqual([]);
});

test('what has ended of a session is told together', () => {
  const done = (id: number, kind: Job['kind'], session = 's') => job({ id, kind, session, status: 'completed' });
  const groups = bySession([done(4, 'thumbnails'), done(3, 'merge', 't'), done(2, 'waveform'), done(1, 'merge')]);
  expect(groups.map((group) => group.map((one) => one.id))).toEqual([[4, 2, 1], [3]]);
  expect(endings(groups[0] ?? [])).toBe('Film, waveform, thumbnails made');
  expect(endings([job({ id: 2, kind: 'waveform', status: 'cancelled' }), done(1, 'merge')])).toBe('Film made; waveform cancelled');
});
