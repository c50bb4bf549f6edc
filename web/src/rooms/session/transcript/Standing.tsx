/** How writing down what is said stands: at work, failed, or not yet asked for. */
import { useTranscriptRequests } from '../../../api/transcript';
import type { Job, WholeSession } from '../../../api/types';
import { useJobRequests } from '../../../api/work';
import { useJobProgress, withLive } from '../../../live/progress';
import { doing, figure } from '../../../state/job-words';
import { attempt } from '../../../state/toasts';
import { Bar, Btn, Trouble } from '../../../ui/parts';

const ENDED: readonly string[] = ['completed', 'failed', 'cancelled'];

export const isListening = (job: Job | undefined): job is Job => job !== undefined && !ENDED.includes(job.status);

function waits(job: Job): string {
  if (job.status === 'pending') return `It begins when ${job.kind === 'review' ? 'the film is there' : 'what it builds on is done'}.`;
  if (job.status === 'paused') return 'Paused. Go on in the queue.';
  if (job.status === 'delayed') return 'It tries again in a moment.';
  return 'It waits its turn.';
}

/** Work on it, with a way to stop it. */
export function Listening({ session, job, what = 'Writing down what is said' }: { session: WholeSession; job: Job; what?: string }) {
  const live = useJobProgress(job.id);
  const requests = useJobRequests();
  const { look } = useTranscriptRequests(session.id);
  const now = withLive(job, live);
  const runs = job.status === 'running';
  return (
    <div className="listening">
      <p role="status">
        {job.cancel_requested ? 'Stopping' : runs ? doing(now) : what}
        {runs && <span className="ink-3"> {figure(now.progress, now.seconds_left)}</span>}
      </p>
      <Bar value={now.progress} label={what} />
      <div className="row gap">
        <span className="ink-3 t-12 grow">{runs ? 'You can leave; it goes on.' : waits(job)}</span>
        <Btn small look="plain" isDisabled={job.cancel_requested} onPress={() => attempt(requests.cancel(job.id), () => void look())}>
          Cancel
        </Btn>
      </div>
    </div>
  );
}

export function Failed({ session, job, title = 'What is said could not be written down' }: { session: WholeSession; job: Job; title?: string }) {
  const requests = useJobRequests();
  const { look } = useTranscriptRequests(session.id);
  return (
    <Trouble
      title={title}
      detail={job.fault?.message ?? 'It stopped.'}
      hint={job.fault?.hint ?? 'Try again.'}
    >
      <Btn small sign="retry" onPress={() => attempt(requests.retry(job.id), () => void look())}>
        Retry
      </Btn>
    </Trouble>
  );
}

/** What a job that found nothing says of it. */
export const saidBy = (job: Job | undefined): string | null => {
  const said: unknown = job?.status === 'completed' ? job.result['said'] : null;
  return typeof said === 'string' ? said : null;
};

/** Nothing was written down. */
export function NoneYet({ session, job }: { session: WholeSession; job: Job | undefined }) {
  const requests = useTranscriptRequests(session.id);
  const lacking = saidBy(job);
  if (session.film === null) return <p className="quiet">What is said is written down from the film. There is none yet.</p>;
  return (
    <div className="none-yet">
      <p>{lacking ?? (job?.status === 'cancelled' ? 'You cancelled it. What was heard so far is kept.' : 'Nothing is written down yet.')}</p>
      {lacking === null && <p className="ink-3">Rushes listens on this machine and writes down every word, to read, find and correct.</p>}
      <Btn look={lacking === null ? 'primary' : 'boxed'} onPress={() => attempt(requests.write())}>
        {lacking === null ? 'Write down what is said' : 'Try again'}
      </Btn>
    </div>
  );
}
