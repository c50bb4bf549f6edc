/** Signing in: the token stands behind # in the address, which is sent to nobody and logged nowhere. */
import { send } from './client';

/** The token in the address, taken out of it so that no history or bookmark keeps it. */
export function takeToken(): string | null {
  const found = /^#token=([\w~.-]+)$/.exec(window.location.hash);
  if (found === null) return null;
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  return found[1] ?? null;
}

/** Exchange the token for a cookie. Whether that worked shows in the first request after it. */
export async function signIn(token: string): Promise<void> {
  await send('POST', '/api/sign-in', { headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined);
}
