/** Where the owner left the film: kept while it plays, when it stops and when the page goes. */
import { useEffect } from 'react';
import { keepPosition } from '../../api/sessions';
import type { Player } from './player';

const EVERY = 5000;

/** What is kept at `time`: the end of a film, or its first moments, mean its beginning. */
export function worthKeeping(time: number, duration: number): number {
  return time < 3 || time > duration - 3 ? 0 : Math.round(time * 10) / 10;
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
      keepPosition(id, now);
    };
    const timer = window.setInterval(() => {
      if (!player.state.get().paused) save();
    }, EVERY);
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
