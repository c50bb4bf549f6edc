/** The first minute: one thing to do, and other ways in. */
import { useSessionRequests } from '../../api/sessions';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { Btn } from '../../ui/parts';
import { Chooser } from '../import/Chooser';

function Frames() {
  const line = (i: number) => ({ x: 6 + 47 * i, y: 10, width: 41, height: 44, rx: 2 });
  return (
    <svg viewBox="0 0 384 64" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => (
        <rect key={i} {...line(i)} fill="none" stroke="currentColor" strokeWidth="1.25" {...(i > 0 ? { strokeDasharray: '3 3' } : {})} />
      ))}
      <g fill="currentColor" opacity=".55">
        {Array.from({ length: 31 }, (_, i) => (
          <g key={i}>
            <rect x={8 + 12 * i} y="2" width="5" height="3" rx="1" />
            <rect x={8 + 12 * i} y="59" width="5" height="3" rx="1" />
          </g>
        ))}
      </g>
    </svg>
  );
}

export function Empty({ onImport }: { onImport: () => void }) {
  const requests = useSessionRequests();
  const begin = () =>
    attempt(requests.begin(''), (session) => go(addressOf.session(session.id)));
  const trySample = () => attempt(requests.sample(), (session) => go(addressOf.processing(session.id)));
  return (
    <main id="main" tabIndex={-1} className="empty">
      <div className="inner">
        <section className="drop" aria-labelledby="empty-title">
          <div className="blank">
            <Frames />
          </div>
          <h1 id="empty-title" className="t-20">
            Drop a recording here
          </h1>
          <p>A folder, or a video with its sound. It plays within seconds; your originals stay where they are.</p>
          <div className="buttons">
            <Chooser kind="files" sign="film" look="primary">
              Choose files…
            </Chooser>
            <Chooser kind="folder" sign="folder">
              Choose a folder…
            </Chooser>
            <Btn onPress={trySample}>Try the sample</Btn>
          </div>
        </section>
        <section className="ways" aria-label="Other ways in">
          <div>
            <h2>Name a folder</h2>
            <p>By its path on this computer. Nothing is copied.</p>
            <button type="button" className="link" onClick={onImport}>
              Type or paste the path…
            </button>
          </div>
          <div>
            <h2>Record into Rushes</h2>
            <p>Segments appear as they come. End it when you are done.</p>
            <button type="button" className="link" onClick={begin}>
              Begin a live session
            </button>
          </div>
          <div>
            <h2>From the command line</h2>
            <p>
              <code className="path">rushes process FOLDER</code> does the same, and waits for the film.
            </p>
          </div>
        </section>
      </div>
    </main>
  );
}
