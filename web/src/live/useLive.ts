/** Keeps the page in step with the backend for as long as it is open. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { onSignedOut } from '../api/client';
import { connection, setLink } from './connection';
import { reduce, running } from './progress';
import { refresher } from './refresh';
import { listen } from './stream';
import { noteModel } from './verifying';

export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    const refresh = refresher(client);
    onSignedOut(() => setLink('out'));
    let opened = false;
    const close = listen({
      onLink: setLink,
      onOpen() {
        // What was read before the stream stood may be old already; the first time only if it came
        // before the stream, which the cache cannot tell.
        if (opened || client.getQueryCache().getAll().some((q) => q.state.dataUpdatedAt > 0)) refresh.everything();
        opened = true;
      },
      onEvent(event) {
        running.set((now) => reduce(now, event));
        noteModel(event);
        refresh.note(event);
      },
    });
    // Who is signed out is not served: stop asking.
    const stop = connection.subscribe(() => {
      if (connection.get().link === 'out') close();
    });
    return () => {
      stop();
      close();
      refresh.close();
      onSignedOut(() => undefined);
    };
  }, [client]);
}
