/** Recordings on their way in. An upload belongs to the page, not to the screen that began it. */
import type { QueryClient } from '@tanstack/react-query';
import { sessionRequests } from '../api/sessions';
import { sendFile } from '../api/upload';
import { createStore, useStore } from './store';
import { DESCRIPTION, planOf, renamed, type Picked } from './upload-plan';
import { addressOf, go } from './route';
import { say, sayProblem } from './toasts';

export interface Sending {
  session: string;
  title: string;
  sent: number;
  total: number;
  fraction: number;
}

const uploads = createStore<{ all: ReadonlyMap<string, Sending> }>({ all: new Map() });

export const useSending = (session: string): Sending | undefined => useStore(uploads, (now) => now.all.get(session));
export const isSending = (): boolean => uploads.get().all.size > 0;

function note(session: string, sending: Sending | null): void {
  uploads.set(({ all }) => {
    const next = new Map(all);
    if (sending === null) next.delete(session);
    else next.set(session, sending);
    return { all: next };
  });
}

/** While bytes are on their way, closing the page would stop them: the browser asks first. */
function guard(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Bring picked files in as one session, and end it when the last byte is there. */
export async function bringIn(client: QueryClient, picked: readonly Picked[]): Promise<void> {
  const plan = planOf(picked);
  if (plan.files.length === 0) {
    say({ text: 'There is no recording among these files.', more: 'Choose a video, sound files, or a folder of both.', mood: 'failed' });
    return;
  }
  const requests = sessionRequests(client);
  let id: string | null = null;
  try {
    const session = await requests.begin(plan.title);
    id = session.id;
    const total = plan.files.reduce((sum, { file }) => sum + file.size, 0);
    let before = 0;
    const tell = (now: number) => {
      const sent = before + now;
      note(session.id, { session: session.id, title: plan.title, sent, total, fraction: total > 0 ? sent / total : 1 });
    };
    tell(0);
    window.addEventListener('beforeunload', guard);
    go(addressOf.processing(session.id));
    for (const { file, name } of plan.files) {
      await sendFile(session.id, name, file, tell);
      before += file.size;
    }
    if (plan.description !== null) {
      const { file, path } = plan.description;
      const said = new File([renamed(await file.text(), path, plan.names)], DESCRIPTION);
      await sendFile(session.id, DESCRIPTION, said, () => undefined);
    }
    await requests.end(session.id);
  } catch (error) {
    sayProblem(error);
  } finally {
    if (id !== null) note(id, null);
    if (!isSending()) window.removeEventListener('beforeunload', guard);
  }
}
