/** Bring a recording in: pick files, pick a folder, drop either, or name a path on this computer. */
import { useState, type SyntheticEvent } from 'react';
import { FieldError, Input, Label, TextField } from 'react-aria-components';
import { asProblem, type Problem } from '../../api/client';
import { useSessionRequests } from '../../api/sessions';
import { addressOf, go } from '../../state/route';
import { DialogBox } from '../../ui/DialogBox';
import { Icon } from '../../ui/Icon';
import { Btn } from '../../ui/parts';
import { Chooser } from './Chooser';
import { pathsIn } from './paths';

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const requests = useSessionRequests();
  const [path, setPath] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy || path.trim() === '') return;
    setBusy(true);
    requests.bring(pathsIn(path)).then(
      (session) => {
        onClose();
        go(session.film ? addressOf.session(session.id) : addressOf.processing(session.id));
      },
      (error: unknown) => {
        setBusy(false);
        setProblem(asProblem(error));
      },
    );
  };
  const field = problem?.body.errors ? Object.values(problem.body.errors)[0] : undefined;
  return (
    <DialogBox title="Import a recording" onClose={onClose}>
      <div className="form">
        <div className="drop small-drop">
          <p className="strong">Drop a folder or files anywhere on this page</p>
          <p>A video with its sound becomes one film. Your originals stay where they are.</p>
          <div className="buttons">
            <Chooser kind="files" sign="film" onChosen={onClose}>
              Choose files…
            </Chooser>
            <Chooser kind="folder" sign="folder" onChosen={onClose}>
              Choose a folder…
            </Chooser>
          </div>
        </div>
        <form className="by-path" onSubmit={submit}>
          <TextField
            value={path}
            onChange={(next) => {
              setPath(next);
              setProblem(null);
            }}
            isInvalid={problem !== null}
          >
            <Label className="lab-l">Or name its place on this computer; nothing is copied then</Label>
            <div className="row gap">
              <Input className="input" placeholder="/home/you/Recordings/Tuesday" spellCheck="false" autoComplete="off" />
              <Btn type="submit" look="primary" isDisabled={path.trim() === '' || busy}>
                {busy ? 'Looking…' : 'Import'}
              </Btn>
            </div>
            <FieldError className="problem">
              <Icon sign="fault" />
              <span>
                {problem?.status === 422 && field !== undefined ? `This cannot be used: ${field}.` : problem?.body.detail} {problem?.body.hint}
              </span>
            </FieldError>
          </TextField>
        </form>
      </div>
    </DialogBox>
  );
}
