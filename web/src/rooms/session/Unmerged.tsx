/** What a session that has no film says: that its files play instead, what hinders them, and the way to a film. */
import { downloadSource } from '../../api/media';
import { useSessionRequests } from '../../api/sessions';
import type { Playback, WholeSession } from '../../api/types';
import { useFilmProgress } from '../../live/progress';
import { addressOf, go } from '../../state/route';
import { attempt } from '../../state/toasts';
import { count, percent } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { Btn } from '../../ui/parts';
import type { Hindrance } from './pieces/schedule';

const COMING: readonly string[] = ['waiting', 'processing', 'paused'];

/** Files by name: the first few, and how many more. */
function names(playback: Playback, files: readonly number[]): string {
  const shown = files.slice(0, 3).map((file) => `“${playback.sources[file]?.name ?? ''}”`);
  return files.length > 3 ? `${shown.join(', ')} and ${files.length - 3} more` : shown.join(' and ');
}

const are = (files: readonly number[]): string => (files.length === 1 ? 'is' : 'are');
const it = (files: readonly number[]): string => (files.length === 1 ? 'it' : 'them');

/** Which files do not play, and what to do. */
function Reasons({ playback, found }: { playback: Playback; found: Hindrance }) {
  const { missing, changed, unplayable } = found;
  const first = playback.sources[missing[0] ?? 0];
  return (
    <>
      {missing.length > 0 && (
        <p>
          {names(playback, missing)} {are(missing)} not in {missing.length === 1 ? 'its' : 'their'} place, or may not be read. Put {it(missing)} back, or connect the disk: {first?.path}
        </p>
      )}
      {changed.length > 0 && (
        <p>
          {names(playback, changed)} changed after the import. Put the {changed.length === 1 ? 'file' : 'files'} back that you imported, or import the session again.
        </p>
      )}
      {unplayable.length > 0 && (
        <p>
          This browser cannot play {names(playback, unplayable)}. Optimise makes a film of {it(unplayable)} that it can.
        </p>
      )}
    </>
  );
}

/** The button that has the film made, while nothing makes it. */
function Optimise({ session, primary = false }: { session: WholeSession; primary?: boolean }) {
  const requests = useSessionRequests();
  if (COMING.includes(session.status)) {
    return (
      <Btn small={!primary} onPress={() => go(addressOf.processing(session.id))}>
        Watch it develop
      </Btn>
    );
  }
  return (
    <Btn small={!primary} look={primary ? 'primary' : 'boxed'} onPress={() => attempt(requests.merge(session.id))}>
      Optimise
    </Btn>
  );
}

/** How the film stands, in a sentence. */
function useStanding(session: WholeSession): string {
  const live = useFilmProgress(session.id);
  const { status, media_processing: making } = session;
  switch (status) {
    case 'waiting':
      return 'The film waits its turn.';
    case 'processing':
      return `The film is being made: ${percent(Math.max(live?.progress ?? 0, making.progress))}.`;
    case 'paused':
      return 'Making the film is paused.';
    case 'failed':
      return ['The film could not be made.', making.fault?.message, making.fault?.hint].filter(Boolean).join(' ');
    case 'cancelled':
      return 'The film was cancelled.';
    default:
      return 'There is no film of this session.';
  }
}

/** Under the player: what plays, why, and what can be done. */
export function FromFiles({ session, playback, found }: { session: WholeSession; playback: Playback; found: Hindrance }) {
  const standing = useStanding(session);
  const coming = COMING.includes(session.status);
  const hindered = found.missing.length + found.changed.length + found.unplayable.length > 0;
  return (
    <div className="from-files">
      <div>
        <p role="status">
          {standing} {coming ? 'Its files play until it takes over.' : 'Its files play as they are. Optimise makes one film of them.'}
        </p>
        {hindered && (
          <div className="hindered" role="alert">
            <p className="strong">Some of the sound is not heard.</p>
            <Reasons playback={playback} found={found} />
          </div>
        )}
      </div>
      <Optimise session={session} />
    </div>
  );
}

/** In the player's place: the files do not play. */
export function FilesStop({ session, playback, found, onRetry }: { session: WholeSession; playback: Playback; found: Hindrance; onRetry: () => void }) {
  const standing = useStanding(session);
  const lost = found.missing.length + found.changed.length > 0;
  const first = found.unplayable[0];
  return (
    <>
      <p className="t-15">{lost ? `${count(found.missing.length + found.changed.length, 'file')} of this session cannot be used` : 'This browser cannot play these files'}</p>
      <Reasons playback={playback} found={found} />
      <p className="t-12">{standing}</p>
      <div className="foot">
        {lost ? (
          <Btn look="primary" sign="retry" onPress={onRetry}>
            Look again
          </Btn>
        ) : (
          <Optimise session={session} primary />
        )}
        {first !== undefined && (
          <a className="btn" href={downloadSource(session.id, first)}>
            <Icon sign="download" />
            Download, and play it elsewhere
          </a>
        )}
      </div>
    </>
  );
}
