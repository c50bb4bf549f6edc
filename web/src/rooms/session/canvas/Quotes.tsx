/** What was said, word for word. Its owner may take one out, or put other words in its place. */
import { useState } from 'react';
import { useCanvasRequests } from '../../../api/canvas';
import { asProblem, type Problem } from '../../../api/client';
import type { Canvas } from '../../../api/types';
import { attempt } from '../../../state/toasts';
import { clock } from '../../../state/words';
import { Btn, IconBtn } from '../../../ui/parts';
import { Time } from './CanvasPage';
import { placeOf, rewritten, type Draft } from './drawn';

interface Props {
  id: string;
  canvas: Canvas;
  onSeek: (seconds: number) => void;
  isEditing: boolean;
}

export function Quotes({ id, canvas, onSeek, isEditing }: Props) {
  const requests = useCanvasRequests(id);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const begin = (next: Draft | null) => {
    setDraft(next);
    setProblem(null);
  };
  const { quotes, version } = canvas;
  const open = isEditing ? draft : null;
  if (quotes.length === 0 && open === null) return null;
  const place = open === null ? null : placeOf(quotes, open);
  const editor = open && (
    <Editor
      draft={open}
      now={place === null ? null : (quotes[place]?.text ?? null)}
      onText={(text) => setDraft({ ...open, text })}
      problem={problem}
      onSave={() =>
        requests.quote(open.basedOn ?? version, rewritten(quotes, open)).then(
          () => begin(null),
          (error: unknown) => {
            const found = asProblem(error);
            setProblem(found);
            if (found.status !== 409) return;
            // They know now that it changed: the next time theirs is put there.
            setDraft((now) => now && { ...now, basedOn: null });
            void requests.look();
          },
        )
      }
      onClose={() => begin(null)}
    />
  );
  return (
    <section>
      <h3>In their words</h3>
      <ul className="canvas-quotes">
        {quotes.map((one, n) => (
          <li key={n}>
            {place === n ? editor : <blockquote dir="auto">“{one.text}”</blockquote>}
            <p className="row gap ink-3 t-12">
              <Time at={one.at} onSeek={onSeek} />
              {one.who && <span dir="auto">{one.who}</span>}
              {isEditing && place !== n && (
                <>
                  <span className="grow" />
                  <IconBtn
                    label={`Change the quote at ${clock(one.at)}`}
                    sign="pencil"
                    onPress={() => begin({ at: one.at, who: one.who, before: one.text, text: one.text, basedOn: version })}
                  />
                  <IconBtn
                    label={`Take out the quote at ${clock(one.at)}`}
                    sign="trash"
                    onPress={() =>
                      attempt(
                        requests.quote(
                          version,
                          quotes.filter((_, at) => at !== n),
                        ),
                      )
                    }
                  />
                </>
              )}
            </p>
          </li>
        ))}
        {place === null && editor && <li>{editor}</li>}
      </ul>
    </section>
  );
}

interface EditorProps {
  draft: Draft;
  /** What the newest canvas says there; null where it was taken out. */
  now: string | null;
  onText: (text: string) => void;
  /** Why it was not kept. */
  problem: Problem | null;
  onSave: () => Promise<void>;
  onClose: () => void;
}

function Editor({ draft, now, onText, problem, onSave, onClose }: EditorProps) {
  const [busy, setBusy] = useState(false);
  const save = () => {
    setBusy(true);
    void onSave().finally(() => setBusy(false));
  };
  const change = now === null ? 'The quote was taken out' : now === draft.before ? 'The change is elsewhere' : `It now says “${now}”`;
  return (
    <div className="correct">
      <textarea
        className="input"
        aria-label="The quote"
        dir="auto"
        rows={3}
        maxLength={2000}
        value={draft.text}
        // The pencil was pressed to write here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
      />
      {problem !== null && (
        <p className="problem" role="alert">
          {problem.status === 409
            ? `The canvas changed meanwhile; your text is kept. ${change}. Save again to put yours there.`
            : `${problem.body.detail} ${problem.body.hint}`}
        </p>
      )}
      <div className="foot">
        <Btn small look="primary" isDisabled={busy || draft.text.trim() === ''} onPress={save}>
          Save
        </Btn>
        <Btn small look="plain" onPress={onClose}>
          Cancel
        </Btn>
      </div>
    </div>
  );
}
