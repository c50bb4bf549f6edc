/** What was said, word for word. Its owner may take one out, or put other words in its place. */
import { useState } from 'react';
import { useCanvasRequests, type Quote } from '../../../api/canvas';
import { asProblem } from '../../../api/client';
import type { Canvas } from '../../../api/types';
import { attempt } from '../../../state/toasts';
import { clock } from '../../../state/words';
import { Btn, IconBtn } from '../../../ui/parts';
import { Time } from './CanvasPage';

interface Props {
  id: string;
  canvas: Canvas;
  onSeek: (seconds: number) => void;
  isEditing: boolean;
}

export function Quotes({ id, canvas, onSeek, isEditing }: Props) {
  const requests = useCanvasRequests(id);
  const [open, setOpen] = useState<number | null>(null);
  const { quotes, version } = canvas;
  if (quotes.length === 0) return null;
  const without = (n: number) => quotes.filter((_, place) => place !== n);
  const replaced = (n: number, text: string) => quotes.map((one, place): Quote => (place === n ? { ...one, text } : one));
  return (
    <section>
      <h3>In their words</h3>
      <ul className="canvas-quotes">
        {quotes.map((one, n) => (
          <li key={`${one.at} ${one.text}`}>
            {isEditing && open === n ? (
              <Other
                before={one.text}
                onSave={async (text) => {
                  await requests.quote(version, replaced(n, text));
                  setOpen(null);
                }}
                onLook={() => void requests.look()}
                onClose={() => setOpen(null)}
              />
            ) : (
              <blockquote dir="auto">“{one.text}”</blockquote>
            )}
            <p className="row gap ink-3 t-12">
              <Time at={one.at} onSeek={onSeek} />
              {one.who && <span dir="auto">{one.who}</span>}
              {isEditing && open !== n && (
                <>
                  <span className="grow" />
                  <IconBtn label={`Change the quote at ${clock(one.at)}`} sign="pencil" onPress={() => setOpen(n)} />
                  <IconBtn
                    label={`Take out the quote at ${clock(one.at)}`}
                    sign="trash"
                    onPress={() => {
                      setOpen(null);
                      attempt(requests.quote(version, without(n)));
                    }}
                  />
                </>
              )}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Other({ before, onSave, onLook, onClose }: { before: string; onSave: (text: string) => Promise<void>; onLook: () => void; onClose: () => void }) {
  const [text, setText] = useState(before);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = () => {
    setBusy(true);
    onSave(text.trim()).catch((error: unknown) => {
      const found = asProblem(error);
      setBusy(false);
      setProblem(`${found.body.detail} ${found.body.hint}`);
      if (found.status === 409) onLook();
    });
  };
  return (
    <div className="correct">
      <textarea
        className="input"
        aria-label="The quote"
        dir="auto"
        rows={3}
        maxLength={2000}
        value={text}
        // The pencil was pressed to write here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
      />
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="foot">
        <Btn small look="primary" isDisabled={busy || text.trim() === ''} onPress={save}>
          Save
        </Btn>
        <Btn small look="plain" onPress={onClose}>
          Cancel
        </Btn>
      </div>
    </div>
  );
}
