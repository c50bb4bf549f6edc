import { expect, test } from 'vitest';
import type { Job } from '../api/types';
import { eventFrom, FRESH, staleAfter, type LiveEvent } from './events';
import { NOTHING, reduce, withLive, type Running } from './progress';
import { patience } from './connection';

const told = (event: string, fields: Partial<LiveEvent> = {}): LiveEvent => ({
  id: null,
  event,
  session: 's1',
  job: 7,
  ...fields,
});

const after = (...events: LiveEvent[]): Running => events.reduce(reduce, NOTHING);

test('progress is kept by job, and the film’s also by session', () => {
  const state = after(
    told('job-progress', { progress: 0.3, stage: 'film', seconds_left: 6 }),
    told('media-processing-progress', { progress: 0.3, stage: 'film', seconds_left: 6 }),
    told('job-progress', { job: 8, progress: 0.9 }),
  );
  expect(state.jobs.get(7)).toMatchObject({ progress: 0.3, stage: 'film', secondsLeft: 6, film: true });
  expect(state.jobs.get(8)?.film).toBe(false);
  expect(state.films.get('s1')).toBe(7);
});

test('a bar never goes back while its job runs', () => {
  const state = after(told('job-progress', { progress: 0.6 }), told('job-progress', { progress: 0.5 }));
  expect(state.jobs.get(7)?.progress).toBe(0.6);
});

test.each(['job-running', 'job-queued', 'job-retried'])('%s begins at nothing', (name) => {
  const state = after(told('media-processing-progress', { progress: 0.6 }), told(name));
  expect(state.jobs.size).toBe(0);
  expect(state.films.size).toBe(0);
});

test('a job that completed is full, until the snapshot says so too', () => {
  const stages = [{ name: 'film', label: 'Film', progress: 0.6 }];
  const state = after(told('job-progress', { progress: 0.6, stages }), told('job-completed'));
  expect(state.jobs.get(7)).toMatchObject({ progress: 1, stages: [{ progress: 1 }], secondsLeft: null });
});

test('a job that failed stands where it stopped', () => {
  const stages = [{ name: 'film', label: 'Film', progress: 0.6 }];
  const live = after(told('job-progress', { progress: 0.6, stages }), told('job-failed')).jobs.get(7);
  const job = { id: 7, status: 'failed', progress: 0, stage: 'film', stages: [] } as unknown as Job;
  expect(withLive(job, live)).toMatchObject({ progress: 0.6, stages });
});

test('only the newest jobs are remembered', () => {
  const many = Array.from({ length: 400 }, (_, n) => told('job-progress', { job: n, progress: 0.5 }));
  const state = after(...many);
  expect(state.jobs.size).toBe(300);
  expect(state.jobs.has(399)).toBe(true);
});

test('a new attempt begins at nothing', () => {
  const state = after(
    told('media-processing-progress', { progress: 0.9 }),
    told('job-delayed'),
    told('job-running'),
    told('media-processing-progress', { progress: 0.1 }),
  );
  expect(state.jobs.get(7)?.progress).toBe(0.1);
});

test('a reset forgets everything, and what concerns no job changes nothing', () => {
  const state = after(told('job-progress', { progress: 0.6 }));
  expect(reduce(state, told('session-updated', { job: null }))).toBe(state);
  expect(reduce(state, told('reset', { job: null, session: null }))).toEqual(NOTHING);
});

test('a job shows what was told live only while it runs', () => {
  const live = after(told('job-progress', { progress: 0.6, stage: 'film', speed: 80 })).jobs.get(7);
  const job = { id: 7, status: 'running', progress: 0.7, stage: 'reading' } as Job;
  expect(withLive(job, live)).toMatchObject({ progress: 0.7, stage: 'film', speed: 80 });
  const waits = { ...job, status: 'queued' as const };
  expect(withLive(waits, live)).toBe(waits);
});

test('each event says what it has made old', () => {
  expect(staleAfter(FRESH, told('job-progress'))).toBe(FRESH);
  expect(staleAfter(FRESH, told('reset')).everything).toBe(true);
  expect(staleAfter(FRESH, told('session-deleted', { job: null }))).toMatchObject({ lists: true });
  expect(staleAfter(FRESH, told('settings-changed', { job: null, session: null }))).toMatchObject({ settings: true, lists: false });
  const both = [told('job-completed'), told('session-updated', { session: 's2', job: null })].reduce(staleAfter, FRESH);
  expect(both).toMatchObject({ jobs: true, queue: true, lists: false });
  expect([...both.sessions]).toEqual(['s1', 's2']);
});

test('what is no event is not taken for one', () => {
  expect(['', '{', '[]', 'null', '{"a":1}', '{"event":4}'].map(eventFrom)).toEqual([null, null, null, null, null, null]);
  expect(eventFrom('{"event":"reset","id":4,"session":null,"job":null}')?.id).toBe(4);
});

test('tries come quickly at first, and never far apart', () => {
  expect([1, 2, 3, 4, 5, 50].map(patience)).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
});
