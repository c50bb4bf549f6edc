/** What was deleted lately, and can be brought back. */
import { useBin, useSessionRequests } from '../../api/sessions';
import { useNow } from '../../state/now';
import { addressOf, go } from '../../state/route';
import { attempt, say } from '../../state/toasts';
import { ago, count } from '../../state/words';
import { Btn } from '../../ui/parts';

export function Bin() {
  const bin = useBin();
  const now = useNow(60_000);
  const requests = useSessionRequests();
  if (bin.data === undefined) return null;
  const { sessions, total } = bin.data;
  const back = (id: string, title: string) =>
    attempt(requests.restore(id, true), () =>
      say({ text: `“${title}” is back.`, act: { word: 'View', run: () => go(addressOf.session(id)) } }),
    );
  return (
    <section className="block" aria-label="Bin" id="bin">
      <h2 className="strong">Bin</h2>
      {total === 0 && <p className="note">Nothing is in it.</p>}
      <ul>
        {sessions.map((session) => (
          <li key={session.id} className="setting">
            <span className="grow">
              <span className="name cut" dir="auto">
                {session.title}
              </span>
              <span className="help">Deleted {session.deleted_at === null ? 'lately' : ago(new Date(session.deleted_at), now)}</span>
            </span>
            <Btn small aria-label={`Bring ${session.title} back`} onPress={() => back(session.id, session.title)}>
              Bring back
            </Btn>
          </li>
        ))}
      </ul>
      {total > sessions.length && <p className="note">and {count(total - sessions.length, 'older session')}</p>}
    </section>
  );
}
