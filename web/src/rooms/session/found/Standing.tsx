/** What stands in place of what was found out: at work, failed, or not there yet and what to do. */
import { jobOf, newestOf, useEnrichment, useSteps, type Step } from '../../../api/enrichment';
import type { Job, WholeSession } from '../../../api/types';
import { useJobRequests } from '../../../api/work';
import { useJobProgress, withLive } from '../../../live/progress';
import { doing, figure } from '../../../state/job-words';
import { attempt } from '../../../state/toasts';
import { Bar, Btn, Trouble } from '../../../ui/parts';

interface Words {
  doing: string;
  failed: string;
  none: string;
  more: string;
  begin: string;
  noFilm: string;
  cancelled: string;
}

const WORDS: Readonly<Record<Step, Words>> = {
  transcript: {
    doing: 'Writing down what is said',
    failed: 'What is said could not be written down',
    none: 'Nothing is written down yet.',
    more: 'Rushes listens on this machine and writes down every word, to read, find and correct.',
    begin: 'Write down what is said',
    noFilm: 'What is said is written down from the film. There is none yet.',
    cancelled: 'You cancelled it. What was heard so far is kept.',
  },
  chapters: {
    doing: 'Finding chapters',
    failed: 'Chapters could not be found',
    none: 'No chapters yet.',
    more: 'Rushes looks for them on this machine: where the topic, the picture or what is on screen changes.',
    begin: 'Find chapters',
    noFilm: 'Chapters are found in the film. There is none yet.',
    cancelled: 'You cancelled it.',
  },
  summary: {
    doing: 'Summing up',
    failed: 'It could not be summed up',
    none: 'No summary yet.',
    more: 'Key points and what is to be done, each with the moment it comes from.',
    begin: 'Sum up',
    noFilm: 'A summary is made of what is said in the film. There is none yet.',
    cancelled: 'You cancelled it.',
  },
  canvas: {
    doing: 'Drawing the canvas',
    failed: 'The canvas could not be drawn',
    none: 'No canvas is drawn yet.',
    more: 'One page to look at instead of the film: pictures by chapter, what was said, what is to be done. Good to send along.',
    begin: 'Draw the canvas',
    noFilm: 'The canvas is drawn from the film. There is none yet.',
    cancelled: 'You cancelled it. What was done so far is kept.',
  },
};

const ENDED: readonly string[] = ['completed', 'failed', 'cancelled'];

export const isAtWork = (job: Job | undefined): job is Job => job !== undefined && !ENDED.includes(job.status);

function waits(job: Job): string {
  if (job.status === 'pending') return `It begins when ${job.kind === 'review' ? 'the film is there' : 'what it builds on is done'}.`;
  if (job.status === 'paused') return 'Paused. Go on in the queue.';
  if (job.status === 'delayed') return job.attempt === 0 ? 'What it was drawn from has changed. It begins in a moment.' : 'It tries again in a moment.';
  return 'It waits its turn.';
}

/** What a job that found nothing says of it. */
const saidBy = (job: Job | undefined): string | null => {
  const said: unknown = job?.status === 'completed' ? job.result['said'] : null;
  return typeof said === 'string' ? said : null;
};

/** The step at work or failed; nothing otherwise. It stands above what was found before. */
export function StepAtWork({ session, step }: { session: WholeSession; step: Step }) {
  const job = jobOf(session, step);
  if (job?.status === 'failed') return <Failed session={session} job={job} title={WORDS[step].failed} />;
  return isAtWork(job) ? <AtWork session={session} job={job} what={WORDS[step].doing} /> : null;
}

/** Work on it, with a way to stop it. */
function AtWork({ session, job, what }: { session: WholeSession; job: Job; what: string }) {
  const live = useJobProgress(job.id);
  const requests = useJobRequests();
  const { look } = useSteps(session.id);
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

function Failed({ session, job, title }: { session: WholeSession; job: Job; title: string }) {
  const requests = useJobRequests();
  const { look } = useSteps(session.id);
  return (
    <Trouble title={title} detail={job.fault?.message ?? 'It stopped.'} hint={job.fault?.hint ?? 'Try again.'}>
      <Btn small sign="retry" onPress={() => attempt(requests.retry(job.id), () => void look())}>
        Retry
      </Btn>
    </Trouble>
  );
}

/** What chapters and summaries are made of. A canvas does without what is not there. */
const BUILDS_ON: Readonly<Record<Step, readonly Step[]>> = {
  transcript: [],
  chapters: ['transcript'],
  summary: ['transcript', 'chapters'],
  canvas: [],
};

/** Asks for a step, and for what it builds on where that is not there; what is, is not found out again. */
export function useAsk(session: WholeSession, step: Step): () => void {
  const { data } = useEnrichment(session);
  const { ask } = useSteps(session.id);
  const lacking = BUILDS_ON[step].filter((before) => newestOf(data, before) === null);
  return () => attempt(ask(...lacking, step));
}

/** Nothing is there: why, and what brings it. */
export function NoneYet({ session, step }: { session: WholeSession; step: Step }) {
  const words = WORDS[step];
  const ask = useAsk(session, step);
  const job = jobOf(session, step);
  const cancelled = job?.status === 'cancelled';
  if (session.film === null) return <p className="quiet">{words.noFilm}</p>;
  if (job?.status === 'failed' || isAtWork(job)) return <StepAtWork session={session} step={step} />;
  const lacking = saidBy(job);
  // Without what is said there is nothing to sum up: what that lacks is what is lacking.
  const before = lacking === null || step === 'transcript' ? null : saidBy(jobOf(session, 'transcript'));
  return (
    <div className="none-yet">
      <p>{lacking ?? (cancelled ? words.cancelled : words.none)}</p>
      {before !== null && <p>{before}</p>}
      {lacking === null && <p className="ink-3">{words.more}</p>}
      <Btn look={lacking === null ? 'primary' : 'boxed'} onPress={ask}>
        {lacking === null ? words.begin : 'Try again'}
      </Btn>
    </div>
  );
}
