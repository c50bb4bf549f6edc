/** Addresses that lead nowhere: a session that was deleted, or one that never was. */
import { addressOf } from '../state/route';
import { Link } from '../ui/Link';
import { useTitle } from '../ui/useTitle';

export function Gone() {
  useTitle('Not here');
  return (
    <Nothing title="This session is not here" text="It may have been deleted. What was deleted lately can be brought back from the bin, in the settings." bin />
  );
}

export function NotFound() {
  useTitle('Nothing here');
  return <Nothing title="There is nothing at this address" text="The address may be misspelt, or from another version of Rushes." />;
}

function Nothing({ title, text, bin = false }: { title: string; text: string; bin?: boolean }) {
  return (
    <main id="main" tabIndex={-1} className="alone">
      <div className="inner">
        <h1 className="t-20">{title}</h1>
        <p>{text}</p>
        <div className="foot">
          <Link className="btn primary" href={addressOf.sessions}>
            Show all sessions
          </Link>
          {bin && (
            <Link className="btn" href={addressOf.settings}>
              Look in the bin
            </Link>
          )}
        </div>
      </div>
    </main>
  );
}
