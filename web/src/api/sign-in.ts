/** Signing in: the token stands behind # in the address, which is sent to nobody and logged nowhere. */
import { Problem, send } from './client';

/** The token in the address, taken out of it so that no history or bookmark keeps it. */
export function takeToken(): string | null {
  const found = /^#token=([\w~.-]+)$/.exec(window.location.hash);
  if (found === null) return null;
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  return found[1] ?? null;
}

/** Exchange the token for a cookie. Whether it was taken; what it does not know, it leaves be. */
export async function signIn(token: string): Promise<boolean> {
  try {
    await send('POST', '/api/sign-in', { headers: { Authorization: `Bearer ${token}` } });
    return true;
  } catch (error) {
    return error instanceof Problem && error.status !== 401;
  }
}
