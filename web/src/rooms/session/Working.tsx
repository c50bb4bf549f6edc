/** What goes on with a session at this moment, in a word. */
import type { Job, WholeSession } from '../../api/types';
import { useJobProgress, withLive } from '../../live/progress';
import { nameOfKind } from '../../state/job-words';
import { percent } from '../../state/words';
import { State } from '../../ui/parts';

export function Working({ session }: { session: WholeSession }) {
  const running = (session.jobs as Job[]).find((job) => job.status === 'running');
  const live = useJobProgress(running?.id);
  if (running === undefined) return null;
  const job = withLive(running, live);
  return (
    <State mood="working">
      {nameOfKind(job.kind)} {percent(job.progress)}
    </State>
  );
}
