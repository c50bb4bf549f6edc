import { expect, test } from 'vitest';
import type { Job, Session, Setting } from '../api/types';
import { listQuery } from '../api/sessions';
import { pathsIn } from './import/paths';
import { stagesOf } from './processing/stages';
import { columnsIn, rowsOf } from './sessions/shelf-rows';
import { groupsOf, hoursIn, quietIn, titleOf } from './settings/groups';

const NOW = new Date(2025, 5, 12, 15);
const session = (id: string, date: Date): Session => ({ id, started_at: '2020-01-01T00:00:00Z', created_at: date.toISOString() }) as Session;

test('cards stand in rows under their day', () => {
  const rows = rowsOf(
    [1, 2, 3].map((n) => session(`a${n}`, new Date(2025, 5, 12, n))).concat(session('b', new Date(2025, 5, 11))),
    2,
    'newest',
    NOW,
  );
  expect(rows.map((row) => (row.kind === 'day' ? row.day.title : row.sessions.map((one) => one.id).join()))).toEqual([
    'Today', 'a1,a2', 'a3', 'Yesterday', 'b',
  ]);
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});

test('sorted by date recorded, that date makes the days', () => {
  expect(rowsOf([session('a', NOW)], 3, 'recorded', NOW)[0]).toMatchObject({ day: { title: 'January 2020' } });
});

test('sorted by title, there are no days', () => {
  expect(rowsOf([session('a', NOW)], 3, 'title', NOW).map((row) => row.kind)).toEqual(['cards']);
});

test('as many cards as fit', () => {
  expect([0, 264, 547, 548, 1232, 2512].map(columnsIn)).toEqual([1, 1, 1, 2, 4, 8]);
});

test('a list asks for nothing that is the default', () => {
  expect(listQuery({ q: '', show: 'all', sort: 'newest' }, 0, 200)).toEqual({ limit: 200, offset: 0 });
  expect(listQuery({ q: 'x', show: 'working', sort: 'title' }, 200, 200).status).toEqual(['waiting', 'processing', 'paused']);
});

const job = (fields: Partial<Job>): Job => ({ id: 1, kind: 'merge', status: 'running', stage: null, stages: [], progress: 0, ...fields }) as Job;
const STAGES = [
  { name: 'reading', label: 'Reading 3 segments', progress: 1 },
  { name: 'film', label: 'Joining sound', progress: 0.5 },
  { name: 'checking', label: 'Checking the film', progress: 0 },
];
const states = (one: Job, done = false) => stagesOf(one, done).map((stage) => stage.state);

test('stages before the present one are done, those after it wait', () => {
  expect(states(job({ stage: 'film', stages: STAGES }))).toEqual(['done', 'now', 'waits']);
  expect(states(job({ stage: 'film', stages: STAGES }), true)).toEqual(['done', 'done', 'done']);
});

test('a failed job shows where, though it no longer tells its stages', () => {
  expect(states(job({ status: 'failed', stage: 'film' }))).toEqual(['done', 'failed', 'waits']);
  expect(states(job({ status: 'failed', stage: null }))).toEqual(['failed', 'waits', 'waits']);
});

test('paths are taken as people paste them', () => {
  expect(pathsIn(' "/a b/c" \n\'/d\'\nfile:///e%20f\n\n')).toEqual(['/a b/c', '/d', '/e f']);
  expect(pathsIn('file:///%E0%A4%A')).toEqual(['file:///%E0%A4%A']);
});

test('a setting that this page does not know still has its row and its words', () => {
  const settings = [{ name: 'quiet.hours' }, { name: 'limit.ready' }] as Setting[];
  expect(groupsOf(settings).map((group) => group.settings.length)).toEqual([1, 1]);
  expect(titleOf('quiet.hours')).toBe('Quiet hours');
});

test('quiet hours are read and written as the backend keeps them', () => {
  expect(hoursIn('off')).toBeNull();
  expect(hoursIn('22:00-07:00')).toEqual({ from: '22:00', to: '07:00' });
  expect(quietIn({ from: '22:00', to: '07:00' })).toBe('22:00-07:00');
  expect(groupsOf([{ name: 'notify.quiet' }, { name: 'merge' }, { name: 'notify' }] as Setting[]).map((group) => group.title)).toEqual(['Sessions', 'Notifications']);
});
