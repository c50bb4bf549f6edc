/** The queue, a drawer over whatever was there: what runs, waits, failed and is done. */
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { asProblem } from '../../api/client';
import { useActiveJobs, useEndedJobs, useJobRequests, useQueue } from '../../api/work';
import type { Job, Queue as QueueFacts } from '../../api/types';
import { bySession, queueTitle } from '../../state/job-words';
import { closeQueue } from '../../state/route';
import { markSeen } from '../../state/seen';
import { attempt } from '../../state/toasts';
import { count, size } from '../../state/words';
import { Btn, IconBtn, Trouble } from '../../ui/parts';
import { DoneJobs, FailedJob, RunningJob, WaitingJob } from './jobs';
import { useNow } from '../../state/now';
import { useTitle } from '../../ui/useTitle';

export function Queue() {
  const box = useRef<HTMLElement>(null);
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && closeQueue()}>
      <Modal className="drawer-box">
        <Dialog ref={box} className="drawer" aria-labelledby="queue-title">
          <Inside box={box} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Inside({ box }: { box: RefObject<HTMLElement | null> }) {
  const queue = useQueue();
  const active = useActiveJobs();
  const ended = useEndedJobs();
  const requests = useJobRequests();
  const now = useNow(30_000);
  const failed = useMemo(() => ended.data?.failed ?? [], [ended.data]);
  const jobs = active.data?.jobs ?? [];
  const runs = jobs.filter((job) => job.status === 'running');
  const waits = jobs.filter((job) => job.status !== 'running').reverse();
  const done = useMemo(() => bySession(ended.data?.done ?? []), [ended.data]);
  const more = Math.max(0, (active.data?.total ?? 0) - jobs.length);
  useTitle('Queue');
  // What is in sight here has been seen.
  useEffect(() => markSeen(failed), [failed]);
  // A button that goes away with its job takes the focus along, and with it the keys of the drawer.
  useEffect(() => {
    if (document.activeElement === document.body) box.current?.focus();
  });
  // Said in here: what lies behind the drawer cannot be pressed while it is open.
  const [cancelled, setCancelled] = useState<number[]>([]);
  const putBack = () => attempt(requests.retryAll(cancelled), () => setCancelled([]));
  const error = queue.error ?? active.error ?? ended.error;
  return (
    <>
      <div className="drawer-head">
        <div className="grow">
          <Heading slot="title" level={2} id="queue-title" className="t-15">
            {queue.data ? queueTitle(queue.data) : 'Queue'}
          </Heading>
          {queue.data && <Counts queue={queue.data} />}
        </div>
        {queue.data &&
          (queue.data.paused ? (
            <Btn small sign="play" onPress={() => attempt(requests.resumeAll())}>
              Resume all
            </Btn>
          ) : (
            jobs.length > 0 && (
              <Btn small sign="pause" onPress={() => attempt(requests.pauseAll())}>
                Pause all
              </Btn>
            )
          ))}
        {jobs.length > 0 && (
          <Btn small look="plain" onPress={() => attempt(requests.cancelAll(), setCancelled)}>
            Cancel all
          </Btn>
        )}
        <IconBtn label="Close" sign="close" onPress={closeQueue} />
      </div>
      <div className="drawer-body">
        {cancelled.length > 0 && (
          <p className="in-drawer row gap" role="status">
            <span className="grow">{count(cancelled.length, 'job')} cancelled. What was finished is kept.</span>
            <Btn small onPress={putBack}>
              Undo
            </Btn>
          </p>
        )}
        {error !== null && queue.data === undefined && (
          <div className="in-drawer">
            <Trouble title={asProblem(error).body.title} detail={asProblem(error).body.detail} hint={asProblem(error).body.hint} />
          </div>
        )}
        {queue.data?.trouble && (
          <div className="in-drawer">
            <Trouble title={queue.data.trouble.message} detail={queue.data.trouble.message} hint={queue.data.trouble.hint} />
          </div>
        )}
        {(active.isPending || ended.isPending) && error === null && <Bones />}
        <Part title="Needs you" jobs={failed} render={(job) => <FailedJob key={job.id} job={job} />} />
        <Part title="Running" jobs={runs} render={(job) => <RunningJob key={job.id} job={job} />} />
        <Part title="Waiting" jobs={waits} render={(job) => <WaitingJob key={job.id} job={job} />} />
        {more > 0 && <p className="quiet-more">and {count(more, 'job')} more that wait</p>}
        <Part title="Finished" jobs={done} render={(jobs) => <DoneJobs key={jobs[0].id} jobs={jobs} now={now} />}>
          <Btn small look="plain" onPress={() => attempt(requests.clear())}>
            Clear finished
          </Btn>
        </Part>
        {active.isSuccess && ended.isSuccess && jobs.length + failed.length + done.length === 0 && (
          <p className="quiet">Nothing runs, and nothing waits. What you import shows up here.</p>
        )}
      </div>
      {queue.data && <Foot queue={queue.data} />}
    </>
  );
}

function Counts({ queue }: { queue: QueueFacts }) {
  const of = (status: Job['status']) => queue.counts[status] ?? 0;
  const waiting = of('queued') + of('pending') + of('delayed');
  return (
    <p className="counts">
      <span>{of('running')} running</span>
      <span>{waiting} waiting</span>
      {of('paused') > 0 && <span>{of('paused')} paused</span>}
      <span>{of('completed')} done</span>
      {of('failed') > 0 && <span className="is-failed">{of('failed')} failed</span>}
    </p>
  );
}

interface PartProps<T> {
  title: string;
  jobs: readonly T[];
  render: (job: T) => React.ReactNode;
  children?: React.ReactNode;
}

function Part<T>({ title, jobs, render, children }: PartProps<T>) {
  if (jobs.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>
        {title}
        {children}
      </h3>
      <ul>{jobs.map(render)}</ul>
    </section>
  );
}

function Bones() {
  return (
    <div className="in-drawer" role="status" aria-label="Reading the queue">
      {[0, 1, 2].map((i) => (
        <div key={i} className="bone bone-job" />
      ))}
    </div>
  );
}

/** Figures of the machine, where they are known. */
function Foot({ queue }: { queue: QueueFacts }) {
  const { processor_percent: processor, disk_free: disk } = queue.machine;
  const shortened = Object.entries(queue.limits).some(([lane, limit]) => {
    const force = (queue.machine['limits'] as Record<string, number> | undefined)?.[lane];
    return force !== undefined && force < limit;
  });
  const facts = [
    typeof processor === 'number' ? `processor ${Math.round(processor)} %` : null,
    typeof disk === 'number' ? `${size(disk)} free` : null,
  ].filter(Boolean);
  return (
    <div className="drawer-foot">
      <span>{queue.paused ? 'Paused' : shortened ? 'Slower: this computer is short of room' : 'Full speed'}</span>
      <span>{facts.join(' · ')}</span>
    </div>
  );
}
