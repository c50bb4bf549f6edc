/** Where the owner left the film: kept while it plays, when it stops and when the page goes. */
import { useEffect } from 'react';
import { keepPosition } from '../../api/sessions';
import type { Session } from '../../api/types';
import { keep, recall } from '../../state/kept';
import type { Player } from './player';

const EVERY = 5000;

const place = (id: string) => `position.${id}`;

export function positionOf(session: Session): number {
  if (typeof session.position === 'number') return session.position;
  const kept = Number(recall(place(session.id)) ?? Number.NaN);
  return Number.isFinite(kept) ? kept : 0;
}

/** What is kept at `time`: the end of a film, or its first moments, mean its beginning. */
export function worthKeeping(time: number, duration: number): number {
  return time < 3 || time > duration - 3 ? 0 : Math.round(time * 10) / 10;
}

export function usePosition(session: Session, player: Player): void {
  const { id } = session;
  useEffect(() => {
    let last = -1;
    let here = true;
    const save = () => {
      const { time, duration } = player.state.get();
      if (duration === 0) return;
      const now = worthKeeping(time, duration);
      if (now === last || (last === -1 && now === 0)) return;
      last = now;
      void keepPosition(id, now).then((taken) => {
        // Where the library cannot keep it, this browser does.
        if (here || !taken) keep(place(id), taken || now === 0 ? null : String(now));
      });
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
      here = false;
      window.clearInterval(timer);
      stop();
      window.removeEventListener('pagehide', save);
      save();
    };
  }, [id, player]);
}
