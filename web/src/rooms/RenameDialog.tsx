/** A new title. Errors stand beside the field they are about. */
import { useState, type SyntheticEvent } from 'react';
import { FieldError, Input, Label, TextField } from 'react-aria-components';
import { asProblem, type Problem } from '../api/client';
import { useSessionRequests } from '../api/sessions';
import type { Session } from '../api/types';
import { DialogBox } from '../ui/DialogBox';
import { Icon } from '../ui/Icon';
import { Btn } from '../ui/parts';

export function RenameDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [title, setTitle] = useState(session.title);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const requests = useSessionRequests();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (title.trim() === '' || busy) return;
    setBusy(true);
    requests.rename(session.id, title.trim()).then(onClose, (error: unknown) => {
      setBusy(false);
      setProblem(asProblem(error));
    });
  };
  const words =
    problem === null
      ? ''
      : (problem.body.errors?.['title'] ?? problem.body.detail);
  return (
    <DialogBox title="Rename" onClose={onClose}>
      <form onSubmit={submit}>
        <div className="form">
          <TextField
            value={title}
            onChange={(next) => {
              setTitle(next);
              setProblem(null);
            }}
            isInvalid={words !== ''}
            maxLength={500}
            // A dialog of one field begins in it.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          >
            <Label className="lab-l">Title</Label>
            <Input className="input" dir="auto" onFocus={(event) => event.currentTarget.select()} />
            <FieldError className="problem">
              <Icon sign="fault" />
              {words}
            </FieldError>
          </TextField>
        </div>
        <footer>
          <Btn look="plain" onPress={onClose}>
            Cancel
          </Btn>
          <Btn look="primary" type="submit" isDisabled={title.trim() === '' || busy}>
            Rename
          </Btn>
        </footer>
      </form>
    </DialogBox>
  );
}
