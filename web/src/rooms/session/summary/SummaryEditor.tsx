/** The summary, edited by its owner. What was typed stays until it is saved or given up. */
import { useState } from 'react';
import { asProblem, type Problem } from '../../../api/client';
import type { SummaryText } from '../../../api/outline';
import type { Summary } from '../../../api/types';
import { clock } from '../../../state/words';
import { Btn, IconBtn } from '../../../ui/parts';
import type { Player } from '../player';
import { tidy } from './summary';

interface Props {
  /** The newest version. */
  summary: Summary;
  player: Player;
  onSave: (text: SummaryText, basedOn: number) => Promise<void>;
  /** Read the newest version; its number. */
  onLook: () => Promise<number>;
  onClose: () => void;
}

const put = <T,>(list: readonly T[], n: number, change: Partial<T>): T[] => list.map((one, i) => (i === n ? { ...one, ...change } : one));
const without = <T,>(list: readonly T[], n: number): T[] => list.filter((_, i) => i !== n);

export function SummaryEditor({ summary, player, onSave, onLook, onClose }: Props) {
  const [draft, setDraft] = useState<SummaryText>(summary);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [begun, setBegun] = useState(summary.version);
  const { points, actions } = draft;
  const set = (change: Partial<SummaryText>) => setDraft({ ...draft, ...change });
  const save = () => {
    setBusy(true);
    onSave(tidy(draft), begun).catch((error: unknown) => {
      const found = asProblem(error);
      const tell = () => {
        setBusy(false);
        setProblem(found);
      };
      if (found.status !== 409) tell();
      // They know now that it changed: the next time theirs is put there.
      else onLook().then(setBegun).then(tell, tell);
    });
  };
  return (
    <div className="correct summary-form">
      <label>
        <span className="lab-l">Title</span>
        <input className="input" dir="auto" maxLength={1000} value={draft.title} onChange={(event) => set({ title: event.currentTarget.value })} />
      </label>
      <label>
        <span className="lab-l">In short</span>
        <textarea className="input" dir="auto" rows={4} maxLength={20_000} value={draft.abstract} onChange={(event) => set({ abstract: event.currentTarget.value })} />
      </label>
      <h2 className="strong">Key points</h2>
      {points.map((one, n) => (
        <div key={n} className="edit-row">
          <textarea
            className="input"
            dir="auto"
            rows={2}
            maxLength={2000}
            aria-label={`Key point ${n + 1}, at ${clock(one.at)}`}
            value={one.text}
            onChange={(event) => set({ points: put(points, n, { text: event.currentTarget.value }) })}
          />
          <IconBtn label={`Remove key point ${n + 1}`} sign="trash" onPress={() => set({ points: without(points, n) })} />
        </div>
      ))}
      <Btn small look="plain" sign="plus" onPress={() => set({ points: [...points, { text: '', at: player.now() }] })}>
        A point where the film is
      </Btn>
      <h2 className="strong">To do</h2>
      {actions.map((one, n) => (
        <div key={n} className="edit-row">
          <textarea
            className="input"
            dir="auto"
            rows={2}
            maxLength={2000}
            aria-label={`To do ${n + 1}, at ${clock(one.at)}`}
            value={one.text}
            onChange={(event) => set({ actions: put(actions, n, { text: event.currentTarget.value }) })}
          />
          <IconBtn label={`Remove to do ${n + 1}`} sign="trash" onPress={() => set({ actions: without(actions, n) })} />
          <span className="who-when">
            {(['who', 'when'] as const).map((part) => (
              <input
                key={part}
                className="input"
                dir="auto"
                maxLength={200}
                placeholder={part === 'who' ? 'Who' : 'When'}
                aria-label={`${part === 'who' ? 'Who' : 'When'}, to do ${n + 1}`}
                value={one[part] ?? ''}
                onChange={(event) => set({ actions: put(actions, n, { [part]: event.currentTarget.value }) })}
              />
            ))}
          </span>
        </div>
      ))}
      <Btn small look="plain" sign="plus" onPress={() => set({ actions: [...actions, { text: '', who: null, when: null, at: player.now() }] })}>
        Something to do, where the film is
      </Btn>
      {problem && (
        <p className="problem" role="alert">
          {problem.status === 409
            ? 'The summary changed meanwhile; what you wrote is kept. Save again to put yours there: the other stays as a version.'
            : `${problem.body.detail} ${problem.body.hint}`}
        </p>
      )}
      <span className="row gap">
        <Btn small look="primary" onPress={save} isDisabled={busy}>
          Save
        </Btn>
        <Btn small look="plain" onPress={onClose}>
          Cancel
        </Btn>
      </span>
    </div>
  );
}
