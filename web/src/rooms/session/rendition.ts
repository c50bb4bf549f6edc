/** Which version of the film this browser can play. */
import { filmAddress } from '../../api/media';
import type { Job, WholeSession } from '../../api/types';

const H264 = 'video/mp4; codecs="avc1.640028, mp4a.40.2"';

/** Whether the browser claims to play what Rushes makes. Some claim, and show no picture. */
export function claimsH264(probe: Pick<HTMLVideoElement, 'canPlayType'> = document.createElement('video')): boolean {
  return probe.canPlayType(H264) !== '';
}

export type Version =
  | { kind: 'none' }
  | { kind: 'film'; source: string }
  | { kind: 'rendition'; source: string }
  /** A version that this browser plays is still to be made; by which job, where one is at it. */
  | { kind: 'missing'; job: Job | null };

/** `playable` is what was found out: the claim, and then what became of trying. */
export function versionOf(session: WholeSession, playable: boolean): Version {
  const { film, rendition } = session;
  if (film === null) return { kind: 'none' };
  if (playable) return { kind: 'film', source: filmAddress(session.id, film.key) };
  if (rendition) return { kind: 'rendition', source: filmAddress(session.id, rendition.key) };
  const jobs = (session.jobs as Job[]).filter((job) => job.kind === 'rendition');
  return { kind: 'missing', job: jobs.reduce<Job | null>((newest, one) => (newest === null || one.id > newest.id ? one : newest), null) };
}

/** Whether a film that has a picture turned out to play none. */
export function showsNothing(width: number | null, hasPicture: boolean): boolean {
  return width === 0 && hasPicture;
}
