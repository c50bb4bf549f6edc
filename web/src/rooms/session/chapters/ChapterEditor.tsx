/** One chapter, renamed or moved by its owner. What was typed stays until it is saved or given up. */
import { useState, type KeyboardEvent } from 'react';
import { asProblem, type Problem } from '../../../api/client';
import type { Chapter } from '../../../api/outline';
import { Btn } from '../../../ui/parts';
import type { Player } from '../player';
import { parseClock, reach, written } from './chapters';

interface Props {
  chapters: readonly Chapter[];
  n: number;
  player: Player;
  /** `start` is null where it was not moved. */
  onSave: (title: string, start: number | null) => Promise<void>;
  /** Read the newest version. */
  onLook: () => Promise<void>;
  onClose: () => void;
}

export function ChapterEditor({ chapters, n, player, onSave, onLook, onClose }: Props) {
  const was = chapters[n];
  const [title, setTitle] = useState(was?.title ?? '');
  const [begun] = useState(() => written(was?.start ?? 0));
  const [start, setStart] = useState(begun);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const { from, to } = reach(chapters, n);
  const at = start === begun ? null : parseClock(start);
  const fits = start === begun || (at !== null && at >= from - 0.05 && at <= to + 0.05);
  const ready = fits && title.trim() !== '' && !busy;
  const save = () => {
    if (!ready) return;
    setBusy(true);
    onSave(title.trim(), at).catch((error: unknown) => {
      const found = asProblem(error);
      const tell = () => {
        setBusy(false);
        setProblem(found);
      };
      if (found.status === 409) onLook().then(tell, tell);
      else tell();
    });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // The keys are for its fields.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="correct" onKeyDown={press}>
      <input
        className="input"
        aria-label="Title of the chapter"
        dir="auto"
        maxLength={1000}
        value={title}
        // The pencil was pressed to write here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      {n > 0 && (
        <span className="row gap">
          <label className="row gap">
            <span className="ink-3 t-12">Begins at</span>
            <input
              className="input begins"
              inputMode="decimal"
              value={start}
              aria-invalid={!fits}
              onChange={(event) => setStart(event.currentTarget.value)}
            />
          </label>
          <Btn small look="plain" onPress={() => setStart(written(player.now()))}>
            Where the film is
          </Btn>
        </span>
      )}
      {!fits && <p className="problem">{`A time from ${written(from)} to ${written(to)}: chapters stay in their order.`}</p>}
      {title.trim() === '' && <p className="t-12 ink-3">A chapter needs a title.</p>}
      {problem && (
        <p className="problem" role="alert">
          {problem.status === 409
            ? 'The chapters changed meanwhile; what you wrote is kept. Look at them, and save again to put yours there.'
            : `${problem.body.detail} ${problem.body.hint}`}
        </p>
      )}
      <span className="row gap">
        <Btn small look="primary" isDisabled={!ready} onPress={save}>
          Save
        </Btn>
        <Btn small look="plain" onPress={onClose}>
          Cancel
        </Btn>
      </span>
    </div>
  );
}
