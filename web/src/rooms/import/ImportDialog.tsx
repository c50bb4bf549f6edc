/** Bring a recording in: pick files, pick a folder, drop either, or name a path on this computer. */
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { FieldError, FileTrigger, Input, Label, TextField } from 'react-aria-components';
import { asProblem, type Problem } from '../../api/client';
import { useSessionRequests } from '../../api/sessions';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { bringIn } from '../../state/uploads';
import { DialogBox } from '../../ui/DialogBox';
import { Icon } from '../../ui/Icon';
import { Btn } from '../../ui/parts';
import { pathsIn } from './paths';
import { fromList } from './pick';

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const requests = useSessionRequests();
  const [path, setPath] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const picked = (files: FileList | null) => {
    if (files === null || files.length === 0) return;
    onClose();
    attempt(bringIn(client, fromList(files)));
  };
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
            <FileTrigger allowsMultiple onSelect={picked}>
              <Btn sign="film">Choose files…</Btn>
            </FileTrigger>
            <FileTrigger acceptDirectory onSelect={picked}>
              <Btn sign="folder">Choose a folder…</Btn>
            </FileTrigger>
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
