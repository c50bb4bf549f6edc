/** One utterance, corrected by its owner. What was typed stays until it is saved or given up. */
import { useState, type KeyboardEvent } from 'react';
import { asProblem, type Problem } from '../../../api/client';
import { Btn } from '../../../ui/parts';

interface Props {
  /** What was said when the correction began. */
  before: string;
  /** What the newest version says there. */
  now: string;
  onSave: (text: string) => Promise<void>;
  /** Read the newest version. */
  onLook: () => void;
  onClose: () => void;
}

export function Editor({ before, now, onSave, onLook, onClose }: Props) {
  const [text, setText] = useState(before);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = () => {
    if (busy) return;
    setBusy(true);
    onSave(text).catch((error: unknown) => {
      const found = asProblem(error);
      setBusy(false);
      setProblem(found);
      if (found.status === 409) onLook();
    });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  };
  return (
    <div className="correct">
      <textarea
        className="input"
        aria-label="What is said here"
        dir="auto"
        rows={3}
        maxLength={10_000}
        value={text}
        // The pencil was pressed to write here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={press}
      />
      {problem && (
        <p className="problem" role="alert">
          {problem.status === 409
            ? `It changed meanwhile; your text is kept. ${now === before ? 'The change is elsewhere' : `It now says “${now}”`}. Save again to put yours there.`
            : `${problem.body.detail} ${problem.body.hint}`}
        </p>
      )}
      {text.trim() === '' && <p className="t-12 ink-3">Without text, it leaves the transcript. The version before stays.</p>}
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
