/** One session among many: its film, and three lines. */
import { memo } from 'react';
import type { Session } from '../../api/types';
import { useSessionRequests } from '../../api/sessions';
import { useFilmProgress, useJobProgress } from '../../live/progress';
import { useSending } from '../../state/uploads';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { toggle, useChoosing, useIsChosen } from '../../state/chosen';
import { clock } from '../../state/words';
import { Film, useStripPointer } from '../../ui/Film';
import { Icon } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { Btn } from '../../ui/parts';
import { SessionMenu } from '../SessionMenu';
import { carryFilm } from './drag';
import { factsOf, tell } from './state';

interface Props {
  session: Session;
  now: Date;
}

export const Card = memo(function Card({ session, now }: Props) {
  const live = useFilmProgress(session.id);
  const sending = useSending(session.id);
  const requests = useSessionRequests();
  const { at, over } = useStripPointer();
  const shrunk = useJobProgress(session.optimising?.job);
  const told = tell(session, live, shrunk, sending?.fraction);
  const recording = session.status === 'recording' && sending === undefined;
  const developing = session.status === 'processing' || session.status === 'waiting';
  const choosing = useChoosing();
  const chosen = useIsChosen(session.id);
  const kind = `card${choosing ? ' choosing' : ''}${chosen ? ' chosen' : ''}${recording ? ' live' : ''}${told.how && told.how !== 'under' ? ' undeveloped' : ''}`;
  return (
    <li className={kind} {...over}>
      <Film
        session={session}
        at={at}
        {...(told.progress === undefined ? {} : { progress: told.progress })}
        {...(told.how === undefined ? {} : { how: told.how })}
      >
        {recording && (
          <span className="on-pic tl dot-live">
            <i className="dot beat" />
            {clock(session.duration)}
          </span>
        )}
      </Film>
      {choosing && (
        <label className="choose">
          <input type="checkbox" checked={chosen} onChange={() => toggle(session.id)} aria-label={`Choose ${session.title}`} />
          <Icon sign="check" />
        </label>
      )}
      <h3 className="title cut" dir="auto">
        <Link
          data-card={session.id}
          onDragStart={(event) => carryFilm(session, event.dataTransfer)}
          title={session.title}
          href={developing ? addressOf.processing(session.id) : addressOf.session(session.id)}
        >
          {session.title}
        </Link>
      </h3>
      <p className="meta cut">{factsOf(session, now)}</p>
      <div className="act">
        {recording ? (
          <Btn
            small
            aria-label={`End session ${session.title}`}
            onPress={() => attempt(requests.end(session.id), () => go(addressOf.processing(session.id)))}
          >
            End session
          </Btn>
        ) : (
          <SessionMenu session={session} className="more" />
        )}
      </div>
      <div className="status">
        {told.state}
        <span className="fig">{told.figure}</span>
      </div>
    </li>
  );
});
