/** A film that comes in pieces, made while it is watched, for a browser that cannot play H.264. */
import { asProblem, Problem, type ProblemBody } from '../../api/client';
import { pieceOf, renditionOf } from '../../api/media';
import type { Rendition } from '../../api/types';

/** Seconds of film that are fetched ahead, and kept behind when there is no room for more. */
const AHEAD = 20;
const BEHIND = 10;
/** Milliseconds after which a backend that did not answer is asked again. */
const AGAIN = 1000;

type Plan = Pick<Rendition, 'pieces' | 'piece_seconds' | 'duration'>;

/** The first piece that is missing from `time` on, or null where enough of them are there. */
export function nextPiece(plan: Plan, time: number, ahead: number, has: (piece: number) => boolean): number | null {
  const length = plan.piece_seconds;
  const first = Math.min(Math.max(0, Math.floor(time / length)), plan.pieces - 1);
  const last = Math.min(plan.pieces - 1, Math.floor((time + ahead) / length));
  for (let piece = first; piece <= last; piece += 1) if (!has(piece)) return piece;
  return null;
}

/** Whether the middle of a piece lies in one buffered stretch: its edges are rounded by the browser. */
export function holds(buffered: Pick<TimeRanges, 'length' | 'start' | 'end'>, plan: Plan, piece: number): boolean {
  const start = piece * plan.piece_seconds;
  const end = Math.min(start + plan.piece_seconds, plan.duration);
  const edge = (end - start) / 10;
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= start + edge && buffered.end(i) >= end - edge) return true;
  }
  return false;
}

/** Play a session's film from `at` seconds on, until `signal` ends it. `refuse` hears what stops it. */
export function playPieces(video: HTMLVideoElement, session: string, at: number, signal: AbortSignal, refuse: (problem: ProblemBody) => void): void {
  stream(video, session, at, signal).catch((error: unknown) => {
    if (!signal.aborted) refuse(asProblem(error).body);
  });
}

async function stream(video: HTMLVideoElement, session: string, at: number, signal: AbortSignal): Promise<void> {
  const plan = await patiently(signal, () => renditionOf(session, signal));
  const media = new MediaSource();
  const address = URL.createObjectURL(media);
  signal.addEventListener('abort', () => URL.revokeObjectURL(address));
  const opened = once(media, ['sourceopen'], signal);
  video.src = address;
  await opened;
  media.duration = plan.duration;
  const buffer = media.addSourceBuffer(plan.type);
  // Pieces are remembered, and looked for: a browser that needs room drops some without a word.
  const put = new Set<number>();
  const has = (piece: number) => put.has(piece) && holds(buffer.buffered, plan, piece);
  const wanted = () => nextPiece(plan, video.readyState > 0 ? video.currentTime : at, AHEAD * Math.max(1, video.playbackRate), has);
  while (!signal.aborted) {
    const piece = wanted();
    if (piece === null) {
      if (has(plan.pieces - 1) && media.readyState === 'open') media.endOfStream();
      await once(video, ['timeupdate', 'seeking', 'ratechange'], signal);
      continue;
    }
    const bytes = await fetched(video, signal, () => wanted() === piece, (patience) => pieceOf(session, plan.film, piece, patience));
    if (bytes === null) continue;
    if (await appended(buffer, bytes, piece * plan.piece_seconds, signal)) put.add(piece);
    else await makeRoom(video, buffer, signal);
  }
}

/** What `get` brings; null when the player goes elsewhere before it is there. */
async function fetched(
  video: HTMLVideoElement,
  signal: AbortSignal,
  stillWanted: () => boolean,
  get: (signal: AbortSignal) => Promise<ArrayBuffer>,
): Promise<ArrayBuffer | null> {
  const scope = new AbortController();
  const stop = () => scope.abort();
  const look = () => {
    if (!stillWanted()) stop();
  };
  signal.addEventListener('abort', stop);
  video.addEventListener('seeking', look);
  try {
    return await patiently(scope.signal, () => get(scope.signal));
  } catch (error) {
    if (scope.signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    video.removeEventListener('seeking', look);
  }
}

/** Ask until somebody answers. */
async function patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !(error instanceof Problem && error.unreachable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      signal.throwIfAborted();
    }
  }
}

/** Put a piece into its place; false where there is no room. */
async function appended(buffer: SourceBuffer, bytes: ArrayBuffer, at: number, signal: AbortSignal): Promise<boolean> {
  try {
    buffer.timestampOffset = at;
    buffer.appendBuffer(bytes);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'QuotaExceededError') return false;
    throw error;
  }
  await once(buffer, ['updateend'], signal);
  return true;
}

/** Let go of what was watched, and of what is far ahead. */
async function makeRoom(video: HTMLVideoElement, buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
  const keep: [number, number] = [Math.max(0, video.currentTime - BEHIND), video.currentTime + AHEAD];
  let removed = false;
  for (const [from, to] of [[0, keep[0]], [keep[1], Infinity]] as const) {
    const found = Array.from({ length: buffer.buffered.length }, (_, i) => [buffer.buffered.start(i), buffer.buffered.end(i)] as const);
    if (!found.some(([start, end]) => start < to && end > from)) continue;
    buffer.remove(from, to);
    await once(buffer, ['updateend'], signal);
    removed = true;
  }
  if (!removed) await once(video, ['timeupdate', 'seeking'], signal);
}

/** The first of these events; rejects when `signal` ends the waiting. */
function once(target: EventTarget, names: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const done = () => {
      over.abort();
      resolve();
    };
    for (const name of names) target.addEventListener(name, done, { signal: over.signal });
    signal.addEventListener('abort', () => {
      over.abort();
      reject(new DOMException('', 'AbortError'));
    }, { signal: over.signal });
  });
}
