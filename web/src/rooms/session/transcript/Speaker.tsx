/** What a speaker is called, and who says one utterance. What was typed stays until it is saved or given up. */
import { useId, useState } from 'react';
import { asProblem, type Problem } from '../../../api/client';
import { DialogBox } from '../../../ui/DialogBox';
import { Btn } from '../../../ui/parts';
import { Segments } from '../../../ui/Segments';

export type Scope = 'all' | 'one';

interface Props {
  /** What the speaker is called now. */
  before: string;
  /** All speakers, to choose from. */
  known: readonly string[];
  onSave: (name: string, scope: Scope) => Promise<void>;
  /** Read the newest version. */
  onLook: () => void;
  onClose: () => void;
}

export function SpeakerDialog({ before, known, onSave, onLook, onClose }: Props) {
  const [name, setName] = useState(before);
  const [scope, setScope] = useState<Scope>('all');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const list = useId();
  const wanted = name.trim();
  const save = () => {
    if (busy) return;
    setBusy(true);
    onSave(wanted, scope).catch((error: unknown) => {
      const found = asProblem(error);
      setBusy(false);
      setProblem(found);
      if (found.status === 409) onLook();
    });
  };
  return (
    <DialogBox title="Who says this" onClose={onClose}>
      <form
        className="form save-words"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <label>
          <span className="lab-l">Name</span>
          {/* The dialog was opened to write here. */}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
          <input className="input" list={list} dir="auto" maxLength={100} value={name} autoFocus onChange={(event) => setName(event.currentTarget.value)} />
          <datalist id={list}>
            {known.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
        <Segments
          label="Where"
          value={scope}
          options={[
            { value: 'all', shown: 'Wherever this one speaks' },
            { value: 'one', shown: 'Only here' },
          ]}
          onChange={setScope}
        />
        {problem && (
          <p className="problem" role="alert">
            {problem.status === 409 ? 'It changed meanwhile. Save again to put your name there.' : `${problem.body.detail} ${problem.body.hint}`}
          </p>
        )}
        <p className="ink-3">{wanted === '' ? 'Without a name nobody stands there. The version before stays.' : 'The version before stays.'}</p>
        <button type="submit" hidden />
      </form>
      <footer>
        <Btn look="plain" onPress={onClose}>
          Cancel
        </Btn>
        <Btn look="primary" onPress={save} isDisabled={busy}>
          Save
        </Btn>
      </footer>
    </DialogBox>
  );
}
