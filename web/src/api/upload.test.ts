import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PIECE } from '../state/upload-plan';
import { sendFile } from './upload';

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

const file = new File([new Uint8Array(PIECE + 10)], 'a.mp4');
const total = PIECE + 10;
let asked: { method: string; range: string | null }[] = [];

function answers(...list: (() => Response | Promise<Response>)[]): void {
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    asked.push({ method: init.method ?? 'GET', range: new Headers(init.headers).get('Content-Range') });
    const next = list.shift();
    if (next === undefined) throw new Error('One request too many.');
    return Promise.resolve().then(next);
  });
}

beforeEach(() => {
  asked = [];
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 1000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a file goes in pieces, and tells how far it is', async () => {
  answers(() => json({ offset: PIECE, complete: false }), () => json({ offset: total, complete: true }));
  const sent: number[] = [];
  await sendFile('s', 'a.mp4', file, (n) => sent.push(n));
  expect(sent).toEqual([PIECE, total]);
  expect(asked.map((one) => one.range)).toEqual([`bytes 0-${PIECE - 1}/${total}`, `bytes ${PIECE}-${total - 1}/${total}`]);
});

test('an upload that breaks off goes on where the backend says', async () => {
  answers(
    () => json({ offset: PIECE, complete: false }),
    () => Promise.reject(new TypeError('network')),
    () => json({ offset: PIECE, complete: false }),
    () => json({ offset: total, complete: true }),
  );
  await sendFile('s', 'a.mp4', file, () => undefined);
  expect(asked.map((one) => one.method)).toEqual(['PUT', 'PUT', 'GET', 'PUT']);
});

test('a backend that misses bytes is given them', async () => {
  answers(
    () => json({ offset: PIECE, complete: false }),
    () => json({ type: 'conflict', title: '', detail: 'go on at 0', hint: '' }, 409, { 'Upload-Offset': '0' }),
    () => json({ offset: PIECE, complete: false }),
    () => json({ offset: total, complete: true }),
  );
  await sendFile('s', 'a.mp4', file, () => undefined);
  expect(asked.at(2)?.range).toBe(`bytes 0-${PIECE - 1}/${total}`);
});

test('what is refused is told, not tried again', async () => {
  answers(() => json({ type: 'input', title: '', detail: 'It is no recording.', hint: '' }, 422));
  await expect(sendFile('s', 'a.mp4', file, () => undefined)).rejects.toThrow('It is no recording.');
  expect(asked).toHaveLength(1);
});
