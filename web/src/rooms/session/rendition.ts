/** Which version of the film this browser can play. */
import { filmAddress } from '../../api/media';
import type { WholeSession } from '../../api/types';

const PIECES = 'video/webm; codecs="vp9,opus"';
const H264 = 'video/mp4; codecs="avc1.640028, mp4a.40.2"';

/** Whether the browser claims to play what Rushes makes. Some claim, and show no picture. */
export function claimsH264(probe: Pick<HTMLVideoElement, 'canPlayType'> = document.createElement('video')): boolean {
  return probe.canPlayType(H264) !== '';
}

/** Whether it plays what is made while it is watched. */
export function takesPieces(source: Pick<typeof MediaSource, 'isTypeSupported'> | null = 'MediaSource' in globalThis ? MediaSource : null): boolean {
  return source !== null && source.isTypeSupported(PIECES);
}

export type Version =
  | { kind: 'none' }
  /** `key` is that of the session's film. */
  | { kind: 'film'; source: string; key: string }
  /** VP9 and Opus in pieces, made while they are watched; of the session with this id. */
  | { kind: 'rendition'; source: string; key: string }
  /** This browser plays neither. */
  | { kind: 'unplayable' };

/** `playable` is what was found out: the claim, and then what became of trying. */
export function versionOf(session: WholeSession, playable: boolean, pieces: boolean): Version {
  const { film } = session;
  if (film === null) return { kind: 'none' };
  const { key } = film;
  if (playable) return { kind: 'film', source: filmAddress(session.id, key), key };
  return pieces ? { kind: 'rendition', source: session.id, key } : { kind: 'unplayable' };
}

/** Whether a film that has a picture turned out to play none. */
export function showsNothing(width: number | null, hasPicture: boolean): boolean {
  return width === 0 && hasPicture;
}
