/** Signing in: the token, or a key made for this page, stands behind # in the address, which is sent to
 *  nobody and logged nowhere. */
import { send } from './client';

export interface Door {
  token: string;
  /** The page is shown by the shell, in a window of its own. */
  window: boolean;
}

/** What the address brought, taken out of it so that no history or bookmark keeps it. */
export function takeDoor(): Door | null {
  const found = /^#(?:token|key)=([\w~.-]+)(&window)?$/.exec(window.location.hash);
  if (found?.[1] === undefined) return null;
  // The shell marks an address that it loads anew, so that it is loaded.
  const search = window.location.search.replace(/^\?after=\d+$/, '');
  window.history.replaceState(window.history.state, '', window.location.pathname + search);
  return { token: found[1], window: found[2] !== undefined };
}

/** Exchange the token for a cookie. Whether that worked shows in the first request after it. */
export async function signIn(token: string): Promise<void> {
  await send('POST', '/api/sign-in', { headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined);
}
