/** Import what lies on this computer, by its paths; nothing is copied. */
import type { QueryClient } from '@tanstack/react-query';
import { sessionRequests } from '../../api/sessions';
import { addressOf, go } from '../../state/route';

/** Takes them in as one session, and goes where it is worked on. Throws a Problem. */
export async function bringPaths(client: QueryClient, paths: string[]): Promise<void> {
  const session = await sessionRequests(client).bring(paths);
  go(session.film ? addressOf.session(session.id) : addressOf.processing(session.id));
}
