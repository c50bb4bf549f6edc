/** The stages of a job, each with its sign, its bar while it works, and its figure. */
import type { Job } from '../../api/types';
import { percent } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { Bar } from '../../ui/parts';
import { stagesOf, type ShownStage } from './stages';

const SIGN = { done: 'check', now: 'spin', failed: 'fault', waits: 'waits', paused: 'pause' } as const;
const MOOD = { done: 'is-done', now: '', failed: 'is-failed', waits: 'is-waiting', paused: 'is-waiting' } as const;
const WORD = { done: 'Done', now: 'Working', failed: 'Failed', waits: 'Waits', paused: 'Paused' } as const;
const ROW = { done: '', now: 'now', failed: 'now is-failed', waits: 'waits', paused: 'now' } as const;

function One({ stage }: { stage: ShownStage }) {
  const { state, label, progress } = stage;
  return (
    <li className={ROW[state]}>
      <Icon sign={SIGN[state]} className={MOOD[state]} />
      <span>
        {label}
        <span className="hidden">, {WORD[state]}</span>
      </span>
      <span className={`fig${state === 'failed' ? ' is-failed' : ''}`}>
        {state === 'now' ? percent(progress) : state === 'failed' ? `Failed${progress > 0 ? ` at ${percent(progress)}` : ''}` : ''}
      </span>
      {(state === 'now' || state === 'failed' || state === 'paused') && (
        <Bar value={progress} label={label} mood={state === 'failed' ? 'failed' : ''} />
      )}
    </li>
  );
}

export function Stages({ job, done = false }: { job: Job; done?: boolean }) {
  return (
    <ol className="stages">
      {stagesOf(job, done).map((stage) => (
        <One key={stage.name} stage={stage} />
      ))}
    </ol>
  );
}
