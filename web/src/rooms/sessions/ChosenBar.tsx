/** What can be done with the sessions that are ticked. */
import { useEffect, useState } from 'react';
import { useSessionRequests } from '../../api/sessions';
import type { Session } from '../../api/types';
import { choose, stopChoosing, useChosen } from '../../state/chosen';
import { attempt, say } from '../../state/toasts';
import { count } from '../../state/words';
import { Btn } from '../../ui/parts';

export function ChosenBar({ sessions }: { sessions: readonly Session[] }) {
  const chosen = useChosen();
  const requests = useSessionRequests();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => event.key === 'Escape' && stopChoosing();
    window.addEventListener('keydown', leave);
    return () => {
      window.removeEventListener('keydown', leave);
      stopChoosing();
    };
  }, []);
  const find = () => {
    setBusy(true);
    attempt(
      requests.enrichMany([...chosen]).finally(() => setBusy(false)),
      ({ asked, passed }) => {
        stopChoosing();
        const known = passed.filter(({ why }) => why.startsWith('All')).length;
        const rest = [known > 0 && `${count(known, 'session')} known already.`, passed.length > known && `${count(passed.length - known, 'session')} without a film.`];
        const more = rest.filter(Boolean).join(' ');
        const text = asked.length > 0 ? `What is in ${count(asked.length, 'session')} is found out in the background.` : 'There is nothing to be found out.';
        say({ text, ...(more === '' ? {} : { more }) });
      },
    );
  };
  return (
    <div className="chosen-bar" role="toolbar" aria-label="Chosen sessions">
      <span role="status">{chosen.size === 0 ? 'Tick the sessions that you mean.' : `${count(chosen.size, 'session')} chosen`}</span>
      <Btn small look="plain" onPress={() => choose(sessions.map(({ id }) => id))}>
        All shown
      </Btn>
      <span className="grow" />
      <Btn small isDisabled={chosen.size === 0 || busy} onPress={find}>
        Find out what is in them
      </Btn>
      <Btn small look="plain" onPress={stopChoosing}>
        Done
      </Btn>
    </div>
  );
}
