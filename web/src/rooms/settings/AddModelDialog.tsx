/** A model of the owner's own: where it lies, and what to call it. */
import { useState, type SyntheticEvent } from 'react';
import { FieldError, Input, Label, TextField } from 'react-aria-components';
import { asProblem, type Problem } from '../../api/client';
import { useModelRequests } from '../../api/models';
import { inWindow, shell } from '../../api/shell';
import { attempt, say } from '../../state/toasts';
import { DialogBox } from '../../ui/DialogBox';
import { Icon } from '../../ui/Icon';
import { Btn } from '../../ui/parts';
import { pathsIn } from '../import/paths';

export function AddModelDialog({ onClose }: { onClose: () => void }) {
  const requests = useModelRequests();
  const [path, setPath] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const [folder] = pathsIn(path);
    if (busy || folder === undefined) return;
    setBusy(true);
    requests.add(folder, name.trim() || null).then(
      (model) => {
        onClose();
        say({ text: `${model.title} is added.`, more: model.in_use ? 'It is used from now on.' : 'Press Use to work with it.' });
      },
      (error: unknown) => {
        setBusy(false);
        setProblem(asProblem(error));
      },
    );
  };
  const field = problem?.body.errors ? Object.values(problem.body.errors)[0] : undefined;
  return (
    <DialogBox title="Add a model" onClose={onClose}>
      <form onSubmit={submit}>
        <div className="form">
          <p>A Whisper model for CTranslate2, or a model of sentences for ONNX. Its folder stays where it is.</p>
          <TextField
            value={path}
            onChange={(next) => {
              setPath(next);
              setProblem(null);
            }}
            isInvalid={problem !== null}
            // A dialog begins in its first field.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          >
            <Label className="lab-l">Folder on this computer</Label>
            <div className="row gap">
              <Input className="input" placeholder="/home/you/models/whisper-small" spellCheck="false" autoComplete="off" />
              {inWindow() && (
                <Btn sign="folder" onPress={() => attempt(shell.choose('folder'), ([chosen]) => chosen !== undefined && setPath(chosen))}>
                  Choose…
                </Btn>
              )}
            </div>
            <FieldError className="problem">
              <Icon sign="fault" />
              <span>
                {field === undefined ? problem?.body.detail : `This cannot be used: ${field}.`} {problem?.body.hint}
              </span>
            </FieldError>
          </TextField>
          <TextField value={name} onChange={setName} maxLength={255}>
            <Label className="lab-l">Name, if not the folder’s</Label>
            <Input className="input" autoComplete="off" />
          </TextField>
        </div>
        <footer>
          <Btn look="plain" onPress={onClose}>
            Cancel
          </Btn>
          <Btn look="primary" type="submit" isDisabled={path.trim() === '' || busy}>
            {busy ? 'Trying it…' : 'Add'}
          </Btn>
        </footer>
      </form>
    </DialogBox>
  );
}
