/** How drawing the canvas stands: at work, failed, or not yet asked for. */
import { useCanvasRequests } from '../../../api/canvas';
import type { Job, WholeSession } from '../../../api/types';
import { useJobRequests } from '../../../api/work';
import { useJobProgress, withLive } from '../../../live/progress';
import { doing, figure } from '../../../state/job-words';
import { attempt } from '../../../state/toasts';
import { Bar, Btn, Trouble } from '../../../ui/parts';

const ENDED: readonly string[] = ['completed', 'failed', 'cancelled'];

export const isDrawing = (job: Job | undefined): job is Job => job !== undefined && !ENDED.includes(job.status);

function waits(job: Job): string {
  if (job.status === 'pending') return 'It begins when the transcript, chapters and summary are done.';
  if (job.status === 'paused') return 'Paused. Go on in the queue.';
  if (job.status === 'delayed') return 'It tries again in a moment.';
  return 'It waits its turn.';
}

/** Work on it, with a way to stop it. */
export function Drawing({ session, job }: { session: WholeSession; job: Job }) {
  const live = useJobProgress(job.id);
  const requests = useJobRequests();
  const { look } = useCanvasRequests(session.id);
  const now = withLive(job, live);
  const runs = job.status === 'running';
  return (
    <div className="listening">
      <p role="status">
        {job.cancel_requested ? 'Stopping' : runs ? doing(now) : 'Drawing the canvas'}
        {runs && <span className="ink-3"> {figure(now.progress, now.seconds_left)}</span>}
      </p>
      <Bar value={now.progress} label="Drawing the canvas" />
      <div className="row gap">
        <span className="ink-3 t-12 grow">{runs ? 'You can leave; it goes on.' : waits(job)}</span>
        <Btn small look="plain" isDisabled={job.cancel_requested} onPress={() => attempt(requests.cancel(job.id), () => void look())}>
          Cancel
        </Btn>
      </div>
    </div>
  );
}

export function Failed({ session, job }: { session: WholeSession; job: Job }) {
  const requests = useJobRequests();
  const { look } = useCanvasRequests(session.id);
  return (
    <Trouble title="The canvas could not be drawn" detail={job.fault?.message ?? 'It stopped.'} hint={job.fault?.hint ?? 'Try again.'}>
      <Btn small sign="retry" onPress={() => attempt(requests.retry(job.id), () => void look())}>
        Retry
      </Btn>
    </Trouble>
  );
}

/** None was drawn. */
export function NoneYet({ session, job }: { session: WholeSession; job: Job | undefined }) {
  const requests = useCanvasRequests(session.id);
  if (session.film === null) return <p className="quiet">The canvas is drawn from the film. There is none yet.</p>;
  return (
    <div className="none-yet">
      <p>{job?.status === 'cancelled' ? 'You cancelled it. What was done so far is kept.' : 'No canvas is drawn yet.'}</p>
      <p className="ink-3">One page to look at instead of the film: pictures by chapter, what was said, what is to be done. Good to send along.</p>
      <Btn look="primary" onPress={() => attempt(requests.draw())}>
        Draw the canvas
      </Btn>
    </div>
  );
}
