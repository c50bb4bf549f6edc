/** What stands in the film's place while it cannot play, and why. */
import { useEffect, useRef } from 'react';
import { downloadAddress } from '../../api/media';
import { inWindow, shell } from '../../api/shell';
import { useSessionRequests } from '../../api/sessions';
import { useJobRequests } from '../../api/work';
import type { Job, WholeSession } from '../../api/types';
import { useJobProgress, withLive } from '../../live/progress';
import { figure } from '../../state/job-words';
import { addressOf, go } from '../../state/route';
import { attempt, sayProblem } from '../../state/toasts';
import { count } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { Bar, Btn } from '../../ui/parts';

/** The session is still being recorded. */
export function Recording({ session }: { session: WholeSession }) {
  const requests = useSessionRequests();
  return (
    <>
      <p className="t-15">Recording</p>
      <p>{count(session.segment_count, 'segment')} in. The film is made when you end the session.</p>
      <Btn look="primary" onPress={() => attempt(requests.end(session.id), () => go(addressOf.processing(session.id)))}>
        End session
      </Btn>
    </>
  );
}

/** The film does not come: it was deleted under the player, or the backend is gone. */
export function FilmGone({ onRetry }: { onRetry: () => void }) {
  return (
    <>
      <p className="t-15">The film does not come</p>
      <p>It may have been moved or deleted on the disk, or Rushes is not running. Your originals are untouched.</p>
      <Btn look="primary" sign="retry" onPress={onRetry}>
        Try again
      </Btn>
    </>
  );
}

/** The browser cannot play the film: a version that it can is made, and the system's player offered. */
export function Unplayable({ session, job }: { session: WholeSession; job: Job | null }) {
  const requests = useSessionRequests();
  const jobs = useJobRequests();
  const live = useJobProgress(job?.id);
  const asked = useRef(false);
  const { rendition } = requests;
  useEffect(() => {
    if (job !== null || asked.current) return;
    asked.current = true;
    rendition(session.id).catch((error: unknown) => {
      sayProblem(error);
    });
  }, [job, session.id, rendition]);
  const now = job && withLive(job, live);
  const stopped = now !== null && (now.status === 'failed' || now.status === 'cancelled');
  return (
    <>
      <p className="t-15">{inWindow() ? 'This window' : 'This browser'} cannot play H.264</p>
      {stopped ? (
        <p>
          A version that it can play was not finished. {now.fault?.message} {now.fault?.hint}
        </p>
      ) : (
        <p>Rushes makes a version that it can. It plays here when it is ready.</p>
      )}
      {now?.status === 'running' && (
        <div className="cover-bar">
          <Bar value={now.progress} label="Making a version for this browser" />
          <p className="t-12">{figure(now.progress, now.seconds_left)}</p>
        </div>
      )}
      {now !== null && !stopped && now.status !== 'running' && now.status !== 'completed' && <p className="t-12">It waits its turn.</p>}
      <div className="foot">
        {stopped && (
          <Btn look="primary" sign="retry" onPress={() => attempt(jobs.retry(now.id))}>
            Retry
          </Btn>
        )}
        {session.film && inWindow() && (
          <Btn sign="play" onPress={() => attempt(shell.play(session))}>
            Open with your player
          </Btn>
        )}
        {session.film && !inWindow() && (
          <a className="btn" href={downloadAddress(session.id, session.film.key)}>
            <Icon sign="download" />
            Download, and play it elsewhere
          </a>
        )}
      </div>
    </>
  );
}
