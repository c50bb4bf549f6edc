/** Said once, when the window is closed while there is work: it goes on. */
import { shell } from '../api/shell';
import { useShell } from '../live/useShell';
import { attempt } from '../state/toasts';
import { DialogBox } from '../ui/DialogBox';
import { Btn } from '../ui/parts';

export function Closing() {
  const [closing, settle] = useShell();
  if (!closing) return null;
  const close = (quit: boolean) => {
    settle();
    attempt(shell.close(quit));
  };
  return (
    <DialogBox title="The work goes on without the window" onClose={settle}>
      <div className="form">
        <p>
          Close the window whenever you like. What runs and waits is finished in the background, then Rushes leaves by itself. Open it again to
          see how far it is.
        </p>
        <p className="note">Quitting stops the work; it goes on where it was when you open Rushes again. You are told this once.</p>
        <div className="buttons">
          <Btn onPress={() => close(true)}>Quit Rushes</Btn>
          <Btn look="primary" onPress={() => close(false)}>
            Close the window
          </Btn>
        </div>
      </div>
    </DialogBox>
  );
}
