/** Nobody but the owner gets in. Who is not known is told how to come in again. */
import { Mark } from '../ui/Icon';
import { Btn } from '../ui/parts';
import { useTitle } from '../ui/useTitle';

export function SignedOut() {
  useTitle('Open Rushes again');
  return (
    <main id="main" tabIndex={-1} className="alone whole">
      <div className="inner">
        <p className="brand">
          <Mark />
          Rushes
        </p>
        <h1 className="t-20">Open Rushes again</h1>
        <p>This page is no longer signed in: Rushes was started anew, or the link was used before. Your sessions are safe, and what runs goes on.</p>
        <p>
          Close this tab and open Rushes from where you started it, or run <code>rushes serve --open</code>.
        </p>
        <div className="foot">
          <Btn sign="retry" onPress={() => window.location.reload()}>
            Try again
          </Btn>
        </div>
      </div>
    </main>
  );
}
