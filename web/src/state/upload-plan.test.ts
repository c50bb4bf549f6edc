import { expect, test } from 'vitest';
import { PIECE, pieceAt, planOf, renamed, type Picked } from './upload-plan';

const picked = (path: string, type = '', bytes = 'x'): Picked => ({ file: new File([bytes], path.split('/').at(-1) ?? path, { type }), path });

test('a folder gives its name, and its recordings in natural order', () => {
  const plan = planOf([
    picked('Visit/session.json', 'application/json'),
    picked('Visit/audio/seg_10.m4a'),
    picked('Visit/audio/seg_9.m4a'),
    picked('Visit/video.mp4'),
    picked('Visit/.DS_Store'),
  ]);
  expect(plan.title).toBe('Visit');
  expect(plan.files.map((file) => file.name)).toEqual(['seg_9.m4a', 'seg_10.m4a', 'video.mp4']);
  expect(plan.left).toEqual(['Visit/.DS_Store']);
  expect(plan.description?.path).toBe('Visit/session.json');
});

test('loose files are called after their video', () => {
  expect(planOf([picked('a.wav', 'audio/wav'), picked('Lesson 4.mp4', 'video/mp4')]).title).toBe('Lesson 4');
  expect(planOf([picked('only.wav', 'audio/wav')]).title).toBe('only');
});

test('files of one name in two folders do not write over each other', () => {
  const names = planOf([picked('V/a/1.wav'), picked('V/b/1.wav'), picked('V/b/1.WAV')]).files.map((file) => file.name.toLowerCase());
  expect(new Set(names).size).toBe(3);
  expect(names).toContain('b_1.wav');
});

test('names are ones that every system can hold', () => {
  expect(planOf([picked('what: a "take"?.mp4')]).files[0]?.name).toBe('what_ a _take__.mp4');
});

test('what holds nothing or is no recording is left where it is', () => {
  expect(planOf([picked('notes.txt', 'text/plain'), picked('empty.mp4', 'video/mp4', '')]).files).toEqual([]);
  expect(planOf([]).title).toBe('');
});

test('pieces follow one another without a gap and end with the file', () => {
  const total = 2 * PIECE + 5;
  const ranges: string[] = [];
  for (let at = 0; at < total; ) {
    const { end, range } = pieceAt(at, total);
    ranges.push(range);
    at = end;
  }
  expect(ranges).toEqual([
    `bytes 0-${PIECE - 1}/${total}`,
    `bytes ${PIECE}-${2 * PIECE - 1}/${total}`,
    `bytes ${2 * PIECE}-${total - 1}/${total}`,
  ]);
});

test('a description goes along with the names that its files are sent under', () => {
  const { names } = planOf([picked('V/a/1.wav'), picked('V/b/1.wav'), picked('V/cam.mp4')]);
  const said = { title: 'Visit', video: './cam.mp4', segments: [{ file: 'a/1.wav', offset: 2 }, { file: 'b/1.wav' }, { file: 'gone.wav' }, 7] };
  expect(JSON.parse(renamed(JSON.stringify(said), 'V/session.json', names))).toEqual({
    title: 'Visit',
    video: 'cam.mp4',
    segments: [{ file: '1.wav', offset: 2 }, { file: 'b_1.wav' }, { file: 'gone.wav' }, 7],
  });
  expect(renamed('{"video":"deep/cam.mp4"}', 'session.json', planOf([picked('cam.mp4')]).names)).toBe('{"video":"cam.mp4"}');
  expect(renamed('{', 'session.json', names)).toBe('{');
  expect(renamed('[1]', 'session.json', names)).toBe('[1]');
});
