/** The one event stream of a page: opened, heard, and opened again until its owner closes it. */
import { send, asProblem } from '../api/client';
import { eventFrom, NAMES, type LiveEvent } from './events';
import { patience, type Link } from './connection';

export interface Heard {
  onEvent: (event: LiveEvent) => void;
  /** The stream stands: what was read before it may be old. */
  onOpen: () => void;
  onLink: (link: Link) => void;
}

export function listen(heard: Heard): () => void {
  let source: EventSource | null = null;
  let timer: number | undefined;
  let failures = 0;
  let last: number | null = null;
  let ended = false;

  const wait = (milliseconds: number, then: () => void) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(then, milliseconds);
  };

  const drop = () => {
    source?.close();
    source = null;
  };

  const open = () => {
    if (ended) return;
    drop();
    const opened = new EventSource(last === null ? '/api/events' : `/api/events?after=${last}`);
    source = opened;
    opened.onopen = () => {
      failures = 0;
      heard.onLink('live');
      heard.onOpen();
    };
    opened.onerror = () => {
      drop();
      failures += 1;
      void look();
    };
    for (const name of NAMES) {
      opened.addEventListener(name, (message: MessageEvent<string>) => {
        const event = eventFrom(message.data);
        if (event === null) return;
        if (event.id !== null) last = event.id;
        heard.onEvent(event);
      });
    }
  };

  /** The stream broke: is nobody there, or only the stream gone? */
  const look = async () => {
    try {
      await send('GET', '/api/status');
      if (ended) return;
      // One broken stream is a restart or a nap; two in a row, and the page asks for itself.
      if (failures > 1) heard.onLink('polling');
    } catch (error) {
      if (ended) return;
      const problem = asProblem(error);
      if (problem.status === 401) return;
      heard.onLink('offline');
      // A backend that comes back has the log of what was missed; one with another library says `reset`.
    }
    wait(patience(failures), open);
  };

  const awake = () => {
    // A machine that slept finds its stream dead without a word.
    if (document.visibilityState !== 'visible') return;
    if (source === null || source.readyState === EventSource.CLOSED) wait(0, open);
  };

  document.addEventListener('visibilitychange', awake);
  window.addEventListener('online', awake);
  open();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    document.removeEventListener('visibilitychange', awake);
    window.removeEventListener('online', awake);
    drop();
  };
}
