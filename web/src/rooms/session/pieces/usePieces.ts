/** The player of a session that has no film: the same state and requests as a film's. */
import { useEffect, useMemo, useState } from 'react';
import { sourceAddress } from '../../../api/media';
import type { Playback } from '../../../api/types';
import { keep, recall } from '../../../state/kept';
import { createStore, type Store } from '../../../state/store';
import { number, screens, STILL, type Player, type Playing } from '../player';
import { Deck } from './deck';
import { hindrance, type Hindrance } from './schedule';

const probe = document.createElement('video');
const plays = (type: string): boolean => probe.canPlayType(type) !== '';

const NONE: ReadonlySet<number> = new Set();

/** What plays at the moment: a new deck for each playback. */
interface Held {
  deck: Deck | null;
}

export interface Pieces {
  player: Player;
  hindrance: Hindrance | null;
}

/** Plays `playback` on `video` while it is given. Begins at `start` seconds. */
export function usePieces(
  id: string,
  state: Store<Playing>,
  video: HTMLVideoElement | null,
  stage: HTMLElement | null,
  playback: Playback | null,
  start: number,
): Pieces {
  const [held] = useState(() => createStore<Held>({ deck: null }));
  const [failed, setFailed] = useState(NONE);
  const found = useMemo(() => playback && hindrance(playback, plays, failed), [playback, failed]);
  const stops = found?.stops ?? true;
  useEffect(() => {
    if (video === null || stage === null || playback === null || stops) return;
    const bad = hindrance(playback, plays, NONE);
    // A picture with a sound of its own that does not play is still a picture.
    const pictures = new Set(playback.pieces.filter((piece) => piece.kind === 'video').map((piece) => piece.source));
    const ignored = new Set([...bad.missing, ...bad.changed, ...bad.unplayable].filter((source) => bad.missing.includes(source) || bad.changed.includes(source) || !pictures.has(source)));
    const at = state.get().time > 0 ? state.get().time : start;
    const going = !state.get().paused;
    state.set({ ...STILL, time: at });
    const read = () => tell(state, made, video);
    const made = new Deck(
      playback,
      video,
      stage,
      (source) => sourceAddress(id, source),
      { changed: () => held.get().deck !== null && read(), failed: (source) => setFailed((now) => new Set([...now, source])) },
      at < playback.duration - 1 ? at : 0,
      ignored,
    );
    held.set({ deck: made });
    const volume = Math.min(1, Math.max(0, number(recall('volume'), 1)));
    made.setVolume(volume, volume === 0);
    state.set((now) => ({ ...now, volume, muted: volume === 0 }));
    made.setRate(number(recall('rate'), 1));
    const scope = new AbortController();
    const { signal } = scope;
    for (const name of ['timeupdate', 'seeked', 'loadedmetadata', 'resize', 'waiting', 'playing', 'canplay', 'ended', 'enterpictureinpicture', 'leavepictureinpicture']) video.addEventListener(name, read, { signal });
    document.addEventListener('fullscreenchange', read, { signal });
    read();
    if (going) made.play();
    return () => {
      scope.abort();
      // Where it was, and whether it played, is what a film that takes over goes on with.
      state.set((now) => ({ ...now, time: made.time, paused: made.paused }));
      held.set({ deck: null });
      made.close();
    };
  }, [id, held, state, video, stage, playback, stops, start]);
  const player = useMemo(() => control(held, video, stage, state), [held, video, stage, state]);
  return { player, hindrance: found };
}

function tell(state: Store<Playing>, deck: Deck, video: HTMLVideoElement): void {
  state.set((now) => ({
    ...now,
    paused: deck.paused,
    waiting: deck.waiting,
    time: deck.time,
    duration: deck.duration,
    rate: deck.rate,
    full: document.fullscreenElement !== null,
    pip: document.pictureInPictureElement === video,
    width: video.readyState >= 1 ? video.videoWidth : now.width,
    height: video.readyState >= 1 ? video.videoHeight : now.height,
  }));
}

function control(held: Store<Held>, video: HTMLVideoElement | null, stage: HTMLElement | null, state: Store<Playing>): Player {
  const loud = (volume: number, muted: boolean) => {
    held.get().deck?.setVolume(volume, muted);
    state.set((now) => ({ ...now, volume, muted }));
  };
  return {
    state,
    ...screens(video, stage),
    now: () => held.get().deck?.time ?? state.get().time,
    toggle: () => held.get().deck?.toggle(),
    seek: (seconds) => held.get().deck?.seek(seconds),
    by: (seconds) => {
      const { deck } = held.get();
      deck?.seek(deck.time + seconds);
    },
    rate: (wanted) => {
      const rate = Math.min(3, Math.max(0.5, wanted));
      held.get().deck?.setRate(rate);
      state.set((now) => ({ ...now, rate }));
      keep('rate', String(rate));
    },
    volume: (wanted) => {
      const volume = Math.min(1, Math.max(0, wanted));
      loud(volume, volume === 0);
      keep('volume', String(volume));
    },
    mute: () => {
      const { muted, volume } = state.get();
      loud(muted && volume === 0 ? 0.5 : volume, !muted);
    },
  };
}
