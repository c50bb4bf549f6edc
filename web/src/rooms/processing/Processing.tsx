/** One film as it develops, in the whole window. Leaving it stops nothing. */
import { useState } from 'react';
import { asProblem } from '../../api/client';
import { isGone, useSession, useSessionRequests } from '../../api/sessions';
import type { Job, WholeSession } from '../../api/types';
import { useFilmProgress, withLive } from '../../live/progress';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { useSending } from '../../state/uploads';
import { size, span, took } from '../../state/words';
import { FilmStrip, tileAt, tileStyle } from '../../ui/Film';
import { Icon } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { Bar, Btn, State, Trouble } from '../../ui/parts';
import { useTitle } from '../../ui/useTitle';
import { Gone } from '../Gone';
import { Details } from '../queue/jobs';
import { Stages } from './Stages';
import { useLeaving } from './useLeaving';

export function Processing({ id }: { id: string }) {
  const query = useSession(id);
  const session = query.data;
  useTitle(session ? `Developing ${session.title}` : 'Developing');
  if (session !== undefined) return <Developing session={session} />;
  if (isGone(query.error)) return <Gone />;
  return (
    <main id="main" tabIndex={-1} className="develop">
      <Leave />
      <div className="lab">
        {query.error === null ? (
          <p role="status" className="ink-2">
            Reading the session…
          </p>
        ) : (
          <Trouble title={asProblem(query.error).body.title} detail={asProblem(query.error).body.detail} hint={asProblem(query.error).body.hint}>
            <Btn sign="retry" onPress={() => void query.refetch()}>
              Try again
            </Btn>
          </Trouble>
        )}
      </div>
    </main>
  );
}

function Leave() {
  return (
    <Link className="btn plain leave" href={addressOf.sessions}>
      <Icon sign="left" />
      Sessions
    </Link>
  );
}

/** The newest job that makes the film, as it stands this moment. */
function useFilmJob(session: WholeSession): Job | undefined {
  const live = useFilmProgress(session.id);
  const merges = session.jobs.filter((job) => job.kind === 'merge');
  const job = merges.reduce<Job | undefined>((newest, one) => (newest === undefined || one.id > newest.id ? one : newest), undefined);
  return job && withLive(job, live?.job === job.id ? live : undefined);
}

function Developing({ session }: { session: WholeSession }) {
  const job = useFilmJob(session);
  const sending = useSending(session.id);
  const ready = session.status === 'ready';
  const failed = session.status === 'failed';
  const strip = session.strip;
  const progress = sending?.fraction ?? (ready ? 1 : (job?.progress ?? 0));
  return (
    <main id="main" tabIndex={-1} className={`develop${failed ? ' failed' : ''}`}>
      <div className="behind" aria-hidden="true">
        {strip && <div className="first-frame" style={tileStyle(session.id, strip, tileAt(strip, 0))} />}
      </div>
      <Leave />
      <div className="lab">
        <div className="film" role="img" aria-label="The film as it develops">
          {ready ? (
            <FilmStrip session={session} />
          ) : (
            <FilmStrip session={session} progress={progress} how={failed ? 'failed' : 'developing'} />
          )}
        </div>
        <div className="kicker" role="status">
          <Kicker session={session} sending={sending !== undefined} />
        </div>
        <h1 className="t-20 title" dir="auto">
          {session.title}
        </h1>
        {sending !== undefined ? <Copying sent={sending.sent} total={sending.total} fraction={sending.fraction} /> : <Body session={session} job={job} />}
        {!ready && <WorthKnowing session={session} />}
      </div>
    </main>
  );
}

/** What is odd about the recording, and whether there is room for its film. */
function WorthKnowing({ session }: { session: WholeSession }) {
  const room = session.status === 'failed' ? null : session.room;
  const small = room?.small ? 'There is little storage: the film is made small at once, and plays after that.' : null;
  const said = room?.short ?? small;
  const notes = said ? [said, ...session.notes] : session.notes;
  if (notes.length === 0) return null;
  return (
    <>
      <h2 className="strong side-head">Worth knowing</h2>
      <ul className="notes">
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </>
  );
}

function Kicker({ session, sending }: { session: WholeSession; sending: boolean }) {
  if (sending) return 'Copying in';
  switch (session.status) {
    case 'ready':
      return <State mood="done">Ready</State>;
    case 'failed':
      return <State mood="failed">Stopped</State>;
    case 'cancelled':
      return <State mood="waiting" sign="close">Cancelled</State>;
    case 'paused':
      return <State mood="waiting" sign="pause">Paused</State>;
    case 'waiting':
      return 'Waits its turn';
    case 'recording':
      return 'Recording';
    default:
      return 'Developing';
  }
}

function Copying({ sent, total, fraction }: { sent: number; total: number; fraction: number }) {
  return (
    <>
      <p className="left-time">
        <b>{size(sent)}</b>
        <span className="ink-2">of {size(total)}</span>
      </p>
      <Bar value={fraction} label="Copying the recording in" />
      <p className="say">Keep this tab open until the copy is done; you can look at other sessions meanwhile. The film is made right after.</p>
    </>
  );
}

/** How much must be done before the time that is left is worth a word. */
const TELLING = 0.05;

function Body({ session, job }: { session: WholeSession; job: Job | undefined }) {
  const requests = useSessionRequests();
  const view = () => go(addressOf.session(session.id), { replace: true });
  if (session.status === 'ready') return <Ready session={session} job={job} view={view} />;
  if (session.status === 'recording' || session.status === 'unmerged') {
    return (
      <>
        <p className="say">{session.status === 'recording' ? 'It is still being recorded. The film is made when you end it.' : 'You asked for no film of this session.'}</p>
        <div className="foot">
          <Btn look="primary" onPress={view}>
            View session
          </Btn>
        </div>
      </>
    );
  }
  if (session.status === 'failed' || session.status === 'cancelled') return <Stopped session={session} job={job} />;
  // A time that is told from the first moments jumps; none is better than a wrong one.
  const left = job !== undefined && job.progress >= TELLING ? job.seconds_left : null;
  const speed = job?.speed;
  return (
    <>
      <p className="left-time">
        <b>{session.status === 'paused' ? 'Paused' : job?.status !== 'running' ? 'Starts soon' : left ? `About ${span(left)} left` : 'Working out the time'}</b>
        {speed !== null && speed !== undefined && speed >= 1 && <span className="ink-2">{Math.round(speed)} × real time</span>}
      </p>
      {job && <Stages job={job} />}
      <p className="say">You can leave this page. The rest goes on in the background. When the film is ready, it opens by itself.</p>
      <div className="foot">
        <PlayFiles session={session} />
        <Btn look="plain" isDisabled={job?.cancel_requested ?? false} onPress={() => attempt(requests.cancel(session.id))}>
          {job?.cancel_requested ? 'Cancelling…' : 'Cancel'}
        </Btn>
      </div>
    </>
  );
}

/** To the session, which plays its files until there is a film. The work goes on. */
function PlayFiles({ session }: { session: WholeSession }) {
  return (
    <Btn sign="play" onPress={() => go(addressOf.session(session.id))}>
      Play without merging
    </Btn>
  );
}

function Ready({ session, job, view }: { session: WholeSession; job: Job | undefined; view: () => void }) {
  const { seconds, stay, stayed } = useLeaving(view);
  const making = session.media_processing;
  const time =
    making.started_at !== null && making.completed_at !== null
      ? (Date.parse(making.completed_at) - Date.parse(making.started_at)) / 1000
      : null;
  const rest = session.jobs.some((one) => one.kind !== 'merge' && ['running', 'queued', 'pending', 'delayed'].includes(one.status));
  return (
    <>
      <p className="left-time">
        <b>{stayed ? 'Ready to play' : `Opens in ${seconds} s`}</b>
        {time !== null && time > 0 && (
          <span className="ink-2">
            made in {took(time)}
            {session.duration / time >= 1 ? ` · ${Math.round(session.duration / time)} × real time` : ''}
          </span>
        )}
      </p>
      {job && <Stages job={job} done />}
      <p className="say">{rest ? 'Waveform and thumbnails go on in the background.' : 'Everything is done.'}</p>
      <div className="foot">
        <Btn look="primary" sign="play" onPress={view}>
          View session
        </Btn>
        {!stayed && (
          <Btn look="plain" onPress={stay}>
            Stay here
          </Btn>
        )}
      </div>
    </>
  );
}

function Stopped({ session, job }: { session: WholeSession; job: Job | undefined }) {
  const requests = useSessionRequests();
  const [open, setOpen] = useState(false);
  const fault = session.media_processing.fault;
  const cancelled = session.status === 'cancelled';
  return (
    <>
      {cancelled ? (
        <p className="say">Your recording is untouched. Retry makes the film after all; what was finished is kept.</p>
      ) : (
        <div className="trouble" role="alert">
          <p className="strong">{fault?.message ?? 'The film could not be made.'}</p>
          <p>Your recording is untouched. {fault?.hint}</p>
        </div>
      )}
      {job && <Stages job={job} />}
      <div className="foot">
        <Btn look="primary" sign="retry" onPress={() => attempt(requests.retry(session.id))}>
          Retry
        </Btn>
        <PlayFiles session={session} />
        {!cancelled && job && (
          <Btn look="plain" aria-expanded={open} onPress={() => setOpen(!open)}>
            {open ? 'Hide details' : 'Show details'}
          </Btn>
        )}
      </div>
      {open && job && <Details job={job} />}
    </>
  );
}
