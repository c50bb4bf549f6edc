/** One job in the queue, by what it is up to. */
import { useState } from 'react';
import { useSessionFacts } from '../../api/sessions';
import { useJobRequests } from '../../api/work';
import type { Job } from '../../api/types';
import { useJobProgress, withLive } from '../../live/progress';
import { doing, endings, figure, nameOfKind, waitsFor } from '../../state/job-words';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { ago, percent } from '../../state/words';
import { tileAt, tileStyle } from '../../ui/Film';
import { Icon } from '../../ui/Icon';
import { Bar, Btn, IconBtn, State } from '../../ui/parts';

function usePicture(job: Job) {
  const session = useSessionFacts(job.session);
  const strip = session?.strip;
  return {
    title: session?.title ?? '…',
    picture: <div className="still" style={session && strip ? tileStyle(session.id, strip, tileAt(strip, 0.12)) : {}} />,
  };
}

export function RunningJob({ job: read }: { job: Job }) {
  const job = withLive(read, useJobProgress(read.id));
  const { title, picture } = usePicture(job);
  const requests = useJobRequests();
  const stopping = job.cancel_requested ? 'Cancelling' : job.pause_requested ? 'Pausing' : null;
  return (
    <li className="job">
      {picture}
      <div className="cut">
        <div className="name">
          <b className="cut" dir="auto">{title}</b>
        </div>
        <div className="what">
          <span className="cut">{stopping ?? doing(job)}</span>
          <span>{figure(job.progress, job.seconds_left)}</span>
        </div>
        <Bar value={job.progress} label={`${doing(job)}, ${title}`} />
      </div>
      <div className="acts">
        <IconBtn label={`Pause ${title}`} sign="pause" isDisabled={stopping !== null} onPress={() => attempt(requests.pause(job.id))} />
        <IconBtn label={`Cancel ${title}`} sign="close" isDisabled={job.cancel_requested} onPress={() => attempt(requests.cancel(job.id))} />
      </div>
    </li>
  );
}

export function WaitingJob({ job }: { job: Job }) {
  const { title, picture } = usePicture(job);
  const requests = useJobRequests();
  const paused = job.status === 'paused';
  return (
    <li className="job">
      {picture}
      <div className="cut">
        <div className="name">
          <b className="cut" dir="auto">{title}</b>
        </div>
        <div className="what">
          <State mood="waiting" sign={paused ? 'pause' : 'waits'}>
            {waitsFor(job)}
          </State>
        </div>
      </div>
      <div className="acts">
        {paused ? (
          <IconBtn label={`Resume ${title}`} sign="play" onPress={() => attempt(requests.resume(job.id))} />
        ) : (
          <IconBtn label={`Pause ${title}`} sign="pause" onPress={() => attempt(requests.pause(job.id))} />
        )}
        <IconBtn label={`Cancel ${title}`} sign="close" onPress={() => attempt(requests.cancel(job.id))} />
      </div>
    </li>
  );
}

export function FailedJob({ job }: { job: Job }) {
  const { title, picture } = usePicture(job);
  const requests = useJobRequests();
  const [open, setOpen] = useState(false);
  const fault = job.fault;
  return (
    <li className="job failed">
      {picture}
      <div className="cut">
        <div className="name">
          <b className="cut" dir="auto">{title}</b>
          <State mood="failed">Failed</State>
        </div>
        <p className="what">
          {nameOfKind(job.kind)}: {fault?.message ?? 'it did not say why.'} {fault?.hint}
        </p>
        <div className="foot">
          <Btn small sign="retry" onPress={() => attempt(requests.retry(job.id))}>
            Retry
          </Btn>
          <Btn small look="plain" aria-expanded={open} onPress={() => setOpen(!open)}>
            Details
            <Icon sign="down" />
          </Btn>
          <Btn small look="plain" onPress={() => go(addressOf.session(job.session))}>
            View
          </Btn>
        </div>
        {open && <Details job={job} />}
      </div>
    </li>
  );
}

export function Details({ job }: { job: Job }) {
  const rows: [string, string][] = [
    ['Job', `${job.id}, ${job.kind}`],
    ['Stage', job.stage ?? 'none'],
    ['Reason', job.fault?.category ?? 'unknown'],
    ['Attempts', `${job.attempt} of ${job.max_attempts}`],
    ['Begun', job.started_at === null ? 'never' : new Date(job.started_at).toLocaleString('en-GB')],
    ['Ended', job.completed_at === null ? '' : new Date(job.completed_at).toLocaleString('en-GB')],
    ['How far', percent(job.progress)],
  ];
  return (
    <dl className="details">
      {rows
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** What has ended of one session, the newest first. */
export function DoneJobs({ jobs, now }: { jobs: readonly [Job, ...Job[]]; now: Date }) {
  const [job] = jobs;
  const { title, picture } = usePicture(job);
  return (
    <li className="job">
      {picture}
      <div className="cut">
        <div className="name">
          <b className="cut" dir="auto">{title}</b>
        </div>
        <div className="what">
          {jobs.some((one) => one.status === 'completed') ? (
            <State mood="done">{endings(jobs)}</State>
          ) : (
            <State mood="waiting" sign="close">
              {endings(jobs)}
            </State>
          )}
          <span>{ago(new Date(job.completed_at ?? job.updated_at), now)}</span>
        </div>
      </div>
      <div className="acts">
        <Btn small aria-label={`View ${title}`} onPress={() => go(addressOf.session(job.session))}>
          View
        </Btn>
      </div>
    </li>
  );
}
