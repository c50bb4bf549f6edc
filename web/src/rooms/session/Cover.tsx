/** What stands in the film's place while it cannot play, and why. */
import type { ProblemBody } from '../../api/client';
import { downloadAddress } from '../../api/media';
import { inWindow, shell } from '../../api/shell';
import { useSessionRequests } from '../../api/sessions';
import type { WholeSession } from '../../api/types';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { count } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { Btn } from '../../ui/parts';

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

/** This browser cannot play the film, nor what is made for it: the system's player is offered. */
export function Unplayable({ session, refused, onRetry }: { session: WholeSession; refused: ProblemBody | null; onRetry: () => void }) {
  return (
    <>
      <p className="t-15">{inWindow() ? 'This window' : 'This browser'} cannot play H.264</p>
      {refused === null ? (
        <p>It cannot play VP9 either, which Rushes makes for such a case. The film itself is ready.</p>
      ) : (
        <p>
          Rushes makes a version that it can play while you watch, but that did not work. {refused.detail} {refused.hint}
        </p>
      )}
      <div className="foot">
        {refused !== null && (
          <Btn look="primary" sign="retry" onPress={onRetry}>
            Try again
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
