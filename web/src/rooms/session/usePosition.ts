/** Where the owner left the film: kept while it is open and when the page goes. */
import { useEffect } from 'react';
import { keepPosition } from '../../api/sessions';
import type { Player } from './player';

const EVERY = 5000;
/** For this long this tab's own word goes before the backend's, in milliseconds. */
const OWN_WORD = 5 * 60_000;

/** What is kept at `time`: the end of a film, or its first moments, mean its beginning. */
export function worthKeeping(time: number, duration: number): number {
  return time < 3 || time > duration - 3 ? 0 : Math.round(time * 10) / 10;
}

/** Where this tab has just left a film: a page that is loaded again may be there before what it
 *  told the backend as it went. */
export function leave(id: string, seconds: number, now: number): void {
  try {
    window.sessionStorage.setItem('rushes.left', JSON.stringify({ id, seconds, now }));
  } catch {
    // Without storage the backend's word holds.
  }
}

export function leftAt(id: string, now: number): number | null {
  try {
    const left = JSON.parse(window.sessionStorage.getItem('rushes.left') ?? 'null') as { id: string; seconds: number; now: number } | null;
    return left?.id === id && now - left.now < OWN_WORD ? left.seconds : null;
  } catch {
    return null;
  }
}

export function usePosition(id: string, start: number, player: Player): void {
  useEffect(() => {
    let last = start;
    const save = () => {
      const { time, duration } = player.state.get();
      if (duration === 0) return;
      const now = worthKeeping(time, duration);
      if (now === last) return;
      last = now;
      leave(id, now, Date.now());
      keepPosition(id, now);
    };
    const timer = window.setInterval(save, EVERY);
    let paused = player.state.get().paused;
    const stop = player.state.subscribe(() => {
      const now = player.state.get().paused;
      if (now && !paused) save();
      paused = now;
    });
    window.addEventListener('pagehide', save);
    return () => {
      window.clearInterval(timer);
      stop();
      window.removeEventListener('pagehide', save);
      save();
    };
  }, [id, start, player]);
}
