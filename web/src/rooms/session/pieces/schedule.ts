/** What plays when, and how sound that strays from the picture is brought back. Nothing here plays. */
import type { Playback } from '../../../api/types';

export type Piece = Playback['pieces'][number];

/** Sound this close to the picture is left alone, in seconds: nobody hears it. */
export const CLOSE = 0.02;
/** Up to here it runs a little faster or slower; beyond, it jumps. Both lie inside the 0.15 s that are promised. */
export const FAR = 0.1;
/** The most that a speed is changed by: a twentieth is not heard as another voice. */
const MOST = 0.05;
/** Seconds before a piece begins at which it is got ready. */
export const AHEAD = 4;

/** The piece that plays at `time`. `pieces` by the time they begin, none over another. */
export function pieceAt(pieces: readonly Piece[], time: number): Piece | null {
  const at = indexAfter(pieces, time) - 1;
  const piece = pieces[at];
  return piece !== undefined && time < piece.begin + piece.duration ? piece : null;
}

/** The first piece that begins after `time`. */
export function nextPiece(pieces: readonly Piece[], time: number): Piece | null {
  return pieces[indexAfter(pieces, time)] ?? null;
}

function indexAfter(pieces: readonly Piece[], time: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.begin ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where an element's own clock begins: some browsers keep the file's, which stands at `clock` and
 *  goes on for `whole` seconds, others start from 0. `length` is what the element tells. */
export function zeroOf(clock: number, whole: number, length: number): number {
  return Math.abs(length - clock - whole) < Math.abs(length - whole) ? clock : 0;
}

/** The time on a file's own clock at `time` of the session, and back. */
export const inFile = (piece: Piece, zero: number, time: number): number => zero + piece.offset + (time - piece.begin);
export const inSession = (piece: Piece, zero: number, at: number): number => piece.begin + (at - zero - piece.offset);

export type Correction = { kind: 'none'; rate: number } | { kind: 'nudge'; rate: number } | { kind: 'jump'; rate: number };

/** What to do with sound that is `drift` seconds ahead (or, negative, behind) of a picture that plays
 *  at `rate`: nothing, run at another speed for a while, or jump. */
export function correct(drift: number, rate: number): Correction {
  const off = Math.abs(drift);
  if (off <= CLOSE) return { kind: 'none', rate };
  if (off > FAR) return { kind: 'jump', rate };
  return { kind: 'nudge', rate: rate * (1 - Math.max(-MOST, Math.min(MOST, drift))) };
}

/** Whether the video's own sound is all the sound there is: then one element plays both. */
export function soundsItself(pieces: readonly Piece[]): boolean {
  const picture = pieces.find((piece) => piece.kind === 'video');
  const sound = pieces.filter((piece) => piece.kind === 'audio');
  return picture !== undefined && sound.every((piece) => piece.source === picture.source);
}

/** What keeps a session's files from playing as they are. */
export interface Hindrance {
  /** The picture, or all there is, does not play; else some sound is not heard. */
  stops: boolean;
  /** Files by their place. */
  missing: number[];
  changed: number[];
  unplayable: number[];
}

/** `plays` is what this browser says of a type; `failed` are files that turned out not to play. */
export function hindrance(playback: Playback, plays: (type: string) => boolean, failed: ReadonlySet<number>): Hindrance {
  const found: Hindrance = { stops: false, missing: [], changed: [], unplayable: [] };
  const bad = new Set<number>();
  const put = (list: number[], source: number) => {
    bad.add(source);
    if (!list.includes(source)) list.push(source);
  };
  for (const piece of playback.pieces) {
    const state = playback.sources[piece.source]?.state;
    if (state === 'missing' || state === 'forbidden') put(found.missing, piece.source);
    else if (state === 'changed') put(found.changed, piece.source);
    else if (failed.has(piece.source) || piece.type === null || !plays(piece.type)) put(found.unplayable, piece.source);
  }
  const picture = playback.pieces.filter((piece) => piece.kind === 'video');
  const needed = picture.length > 0 ? picture : playback.pieces;
  // A picture whose own sound alone is strange still shows.
  const shows = (piece: Piece) => piece.kind === 'video' && !failed.has(piece.source) && piece.type !== null && plays(piece.type) && playback.sources[piece.source]?.state === 'there';
  found.stops = needed.every((piece) => bad.has(piece.source) && !shows(piece));
  return found;
}
