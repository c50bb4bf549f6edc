/** What a card says of its session: on the left the state, on the right its figure. */
import type { ReactNode } from 'react';
import type { Session } from '../../api/types';
import type { JobProgress } from '../../live/progress';
import { addressOf } from '../../state/route';
import { clock, count, daysBetween, moment, percent, saved, size, span, when } from '../../state/words';
import { Link } from '../../ui/Link';
import { State } from '../../ui/parts';

export interface Told {
  state: ReactNode;
  figure: ReactNode;
  /** How far the film is, where it is being made; or where its making stopped. */
  progress?: number;
  how?: 'developing' | 'under' | 'failed';
}

/** `live` is what was last told of the job that makes the film, `shrunk` of the one that makes it smaller. */
export function tell(
  session: Session,
  live: JobProgress | undefined,
  shrunk: JobProgress | undefined,
  sending: number | undefined,
): Told {
  const making = session.media_processing;
  if (sending !== undefined) {
    return { state: <State mood="working">Copying in {percent(sending)}</State>, figure: null, progress: sending, how: 'developing' };
  }
  switch (session.status) {
    case 'recording':
      return { state: <State mood="working" sign="dot">Recording</State>, figure: null };
    case 'processing': {
      const progress = Math.max(live?.progress ?? 0, making.progress);
      const left = live?.secondsLeft;
      return {
        state: <State mood="working">Merging {percent(progress)}</State>,
        figure: left !== null && left !== undefined ? `ready in about ${span(left)}` : null,
        progress,
        how: 'developing',
      };
    }
    case 'waiting':
      return { state: <State mood="waiting">Waits its turn</State>, figure: null, progress: 0, how: 'developing' };
    case 'paused':
      return { state: <State mood="waiting" sign="pause">Paused</State>, figure: null, progress: making.progress, how: 'developing' };
    case 'failed':
      return {
        state: <State mood="failed">{making.fault?.message.replace(/[.:](?=\s|$).*$/s, '') ?? 'Failed'}</State>,
        figure: (
          <Link className="link act-link" href={addressOf.processing(session.id)}>
            What to do
          </Link>
        ),
        progress: making.progress,
        how: 'failed',
      };
    case 'cancelled':
      return { state: <State mood="waiting" sign="close">Cancelled</State>, figure: null };
    case 'unmerged':
      return { state: <State mood="waiting" sign="film">Not merged</State>, figure: size(session.original_size) };
    case 'ready': {
      const { optimising } = session;
      if (optimising?.status === 'running') {
        const progress = Math.max(shrunk?.progress ?? 0, optimising.progress);
        return {
          state: <State mood="working">Shrinking {percent(progress)}</State>,
          figure: <span>plays already</span>,
          progress,
          how: 'under',
        };
      }
      const less = saved(session.compression_ratio);
      const figure = less === null ? <span>{size(session.size ?? session.original_size)}</span> : <span title="of the original’s size">{less}</span>;
      return { state: <State mood="done">Ready</State>, figure };
    }
  }
}

export function factsOf(session: Session, now: Date): string {
  const begun = new Date(session.started_at);
  if (session.status === 'recording') {
    return `Since ${moment(begun, now)} · ${count(session.segment_count, 'segment')} in`;
  }
  // What came in on another day than it was recorded stands under that other day.
  const told = daysBetween(begun, new Date(session.created_at)) === 0 ? moment(begun, now) : when(begun, now);
  return `${told} · ${clock(session.film?.duration ?? session.duration)}`;
}
