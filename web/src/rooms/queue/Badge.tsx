/** What is at work, in the top bar; gone when nothing runs, waits or failed unseen. */
import { useActiveJobs, useEndedJobs, useQueue } from '../../api/work';
import { badgeWords } from '../../state/job-words';
import { closeQueue, openQueue, useRoute } from '../../state/route';
import { unseen, useSeenUntil } from '../../state/seen';
import { Icon } from '../../ui/Icon';

export function Badge() {
  const queue = useQueue();
  const active = useActiveJobs();
  const ended = useEndedJobs();
  const { queue: open } = useRoute();
  const failed = unseen(ended.data?.failed ?? [], useSeenUntil()).length;
  const words = badgeWords(queue.data, active.data?.jobs);
  if (words === null && failed === 0 && !open) return null;
  return (
    <button
      type="button"
      className="badge"
      aria-expanded={open}
      aria-haspopup="dialog"
      onClick={open ? closeQueue : openQueue}
    >
      {words === null && failed === 0 ? <span className="ink-2">Queue</span> : <span className="hidden">Queue:</span>}
      {words !== null && (
        <>
          <Icon sign={queue.data?.paused ? 'pause' : 'spin'} />
          <span className="long">{words.text}</span>
          <span className="left">{words.left}</span>
          {words.left === '' && <span className="short">{words.short}</span>}
        </>
      )}
      {failed > 0 && (
        <span className={`state is-failed${words === null ? ' first' : ''}`}>
          <Icon sign="fault" />
          {failed} failed
        </span>
      )}
    </button>
  );
}
