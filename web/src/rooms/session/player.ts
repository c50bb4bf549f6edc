/** A film that plays: what the video element tells, as a state; what is asked of it, as requests. */
import { useEffect, useMemo, useState } from 'react';
import { createStore, type Store } from '../../state/store';
import { keep, recall } from '../../state/kept';

export interface Playing {
  paused: boolean;
  waiting: boolean;
  time: number;
  duration: number;
  rate: number;
  volume: number;
  muted: boolean;
  full: boolean;
  pip: boolean;
  /** Width of the picture in pixels; null until it is known. 0: it plays no picture. */
  width: number | null;
  height: number | null;
  /** The browser cannot play this file. */
  unplayable: boolean;
}

const STILL: Playing = {
  paused: true,
  waiting: false,
  time: 0,
  duration: 0,
  rate: 1,
  volume: 1,
  muted: false,
  full: false,
  pip: false,
  width: null,
  height: null,
  unplayable: false,
};

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3] as const;

/** The next speed up or down from one that may lie between. */
export function nextRate(rate: number, up: boolean): number {
  const found = up ? RATES.find((one) => one > rate + 0.01) : [...RATES].reverse().find((one) => one < rate - 0.01);
  return found ?? rate;
}

export interface Player {
  state: Store<Playing>;
  toggle: () => void;
  seek: (seconds: number) => void;
  by: (seconds: number) => void;
  rate: (rate: number) => void;
  volume: (volume: number) => void;
  mute: () => void;
  full: () => void;
  pip: () => void;
}

const quietly = (work: Promise<unknown> | undefined): void => void work?.catch(() => undefined);

function control(video: HTMLVideoElement | null, stage: HTMLElement | null, state: Store<Playing>): Player {
  const of = (act: (element: HTMLVideoElement) => void) => () => {
    if (video !== null) act(video);
  };
  const seek = (seconds: number) => {
    if (video === null) return;
    const end = Number.isFinite(video.duration) ? video.duration : seconds;
    video.currentTime = Math.min(Math.max(0, seconds), end);
    state.set((now) => ({ ...now, time: video.currentTime }));
  };
  return {
    state,
    seek,
    toggle: of((v) => (v.paused ? quietly(v.play()) : v.pause())),
    by: (seconds) => video !== null && seek(video.currentTime + seconds),
    rate: (rate) => {
      if (video === null) return;
      video.playbackRate = Math.min(3, Math.max(0.5, rate));
      keep('rate', String(video.playbackRate));
    },
    volume: (volume) => {
      if (video === null) return;
      video.volume = Math.min(1, Math.max(0, volume));
      video.muted = video.volume === 0;
      keep('volume', String(video.volume));
    },
    mute: of((v) => {
      v.muted = !v.muted;
      if (!v.muted && v.volume === 0) v.volume = 0.5;
    }),
    full: () => {
      if (document.fullscreenElement !== null) quietly(document.exitFullscreen());
      else quietly(stage?.requestFullscreen());
    },
    pip: of((v) => {
      if (document.pictureInPictureElement !== null) quietly(document.exitPictureInPicture());
      else quietly(v.requestPictureInPicture());
    }),
  };
}

/** Everything the element says is copied into `state` until `signal` ends it. */
function follow(video: HTMLVideoElement, state: Store<Playing>, signal: AbortSignal): void {
  const read = () => {
    state.set((now) => ({
      ...now,
      paused: video.paused,
      time: video.currentTime,
      duration: Number.isFinite(video.duration) ? video.duration : now.duration,
      rate: video.playbackRate,
      volume: video.volume,
      muted: video.muted,
      full: document.fullscreenElement !== null,
      pip: document.pictureInPictureElement === video,
      width: video.readyState >= 1 ? video.videoWidth : now.width,
      height: video.readyState >= 1 ? video.videoHeight : now.height,
    }));
  };
  const says = ['play', 'pause', 'timeupdate', 'seeking', 'seeked', 'durationchange', 'ratechange', 'volumechange', 'loadedmetadata', 'loadeddata', 'resize', 'ended', 'enterpictureinpicture', 'leavepictureinpicture'];
  for (const name of says) video.addEventListener(name, read, { signal });
  document.addEventListener('fullscreenchange', read, { signal });
  const wait = (waiting: boolean) => () => state.set((now) => ({ ...now, waiting }));
  video.addEventListener('waiting', wait(true), { signal });
  for (const name of ['playing', 'canplay', 'pause', 'seeked']) video.addEventListener(name, wait(false), { signal });
  video.addEventListener(
    'error',
    () => {
      const code = video.error?.code;
      if (code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED || code === MediaError.MEDIA_ERR_DECODE) {
        state.set((now) => ({ ...now, unplayable: true }));
      }
    },
    { signal },
  );
  read();
}

const number = (text: string | null, fallback: number): number => {
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : fallback;
};

/** The player of one film; `source` is its address. Begins at `start` seconds. */
export function usePlayer(video: HTMLVideoElement | null, stage: HTMLElement | null, source: string | null, start: number): Player {
  const [state] = useState(() => createStore<Playing>(STILL));
  useEffect(() => {
    if (video === null || source === null) return;
    const scope = new AbortController();
    state.set((now) => ({ ...STILL, time: now.time }));
    // A film that another version takes over goes on where it was.
    const at = state.get().time > 0 ? state.get().time : start;
    video.src = source;
    video.volume = Math.min(1, Math.max(0, number(recall('volume'), 1)));
    video.addEventListener(
      'loadedmetadata',
      () => {
        const rate = number(recall('rate'), 1);
        video.defaultPlaybackRate = rate;
        video.playbackRate = rate;
        if (at > 0 && at < video.duration - 1) video.currentTime = at;
      },
      { signal: scope.signal, once: true },
    );
    follow(video, state, scope.signal);
    return () => {
      scope.abort();
      video.pause();
      video.removeAttribute('src');
      video.load();
    };
    // A position that arrives later must not move a film that plays.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [video, source, state]);
  return useMemo(() => control(video, stage, state), [video, stage, state]);
}
