/** A film that plays: what the video element tells, as a state; what is asked of it, as requests. */
import { useEffect, useMemo } from 'react';
import { asProblem, type ProblemBody } from '../../api/client';
import { createStore, type Store } from '../../state/store';
import { keep, recall } from '../../state/kept';
import { playPieces } from './stream';

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
  /** The file does not come: it was deleted, or nobody answers. */
  gone: boolean;
  /** Why the pieces of a film that is made while it is watched do not come. */
  refused: ProblemBody | null;
}

export const STILL: Playing = {
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
  gone: false,
  refused: null,
};

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3] as const;

/** The next speed up or down from one that may lie between. */
export function nextRate(rate: number, up: boolean): number {
  const found = up ? RATES.find((one) => one > rate + 0.01) : [...RATES].reverse().find((one) => one < rate - 0.01);
  return found ?? rate;
}

export interface Player {
  state: Store<Playing>;
  /** Where it is to the moment, in seconds; `state` is told a few times a second. */
  now: () => number;
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

/** How large the picture is shown, and where. */
export function screens(video: HTMLVideoElement | null, stage: HTMLElement | null): Pick<Player, 'full' | 'pip'> {
  return {
    full: () => {
      if (document.fullscreenElement !== null) quietly(document.exitFullscreen());
      else quietly(stage?.requestFullscreen());
    },
    pip: () => {
      if (document.pictureInPictureElement !== null) quietly(document.exitPictureInPicture());
      else quietly(video?.requestPictureInPicture());
    },
  };
}

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
    ...screens(video, stage),
    now: () => (video !== null && video.readyState > 0 ? video.currentTime : state.get().time),
    seek,
    toggle: of((v) => (v.paused ? quietly(v.play()) : v.pause())),
    by: (seconds) => video !== null && seek(video.currentTime + seconds),
    rate: (rate) => {
      if (video === null) return;
      video.playbackRate = Math.min(3, Math.max(0.5, rate));
      state.set((now) => ({ ...now, rate: video.playbackRate }));
      keep('rate', String(video.playbackRate));
    },
    volume: (volume) => {
      if (video === null) return;
      video.volume = Math.min(1, Math.max(0, volume));
      video.muted = video.volume === 0;
      state.set((now) => ({ ...now, volume: video.volume, muted: video.muted }));
      keep('volume', String(video.volume));
    },
    mute: of((v) => {
      v.muted = !v.muted;
      if (!v.muted && v.volume === 0) v.volume = 0.5;
    }),
  };
}

/** Everything the element says is copied into `state` until `signal` ends it. */
function follow(video: HTMLVideoElement, state: Store<Playing>, signal: AbortSignal): void {
  const read = () => {
    // A film that broke off has no size any more; that says nothing of what this browser plays.
    const known = video.readyState >= 1 && video.error === null;
    state.set((now) => ({
      ...now,
      paused: video.paused,
      time: video.readyState >= 1 ? video.currentTime : now.time,
      duration: Number.isFinite(video.duration) ? video.duration : now.duration,
      rate: video.playbackRate,
      volume: video.volume,
      muted: video.muted,
      full: document.fullscreenElement !== null,
      pip: document.pictureInPictureElement === video,
      width: known ? video.videoWidth : now.width,
      height: known ? video.videoHeight : now.height,
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
      if (code === undefined || code === MediaError.MEDIA_ERR_ABORTED) return;
      if (video.currentSrc.startsWith('blob:')) {
        state.set((now) => ({ ...now, refused: asProblem(new Error(video.error?.message)).body }));
        return;
      }
      // The element says the same of a file that it cannot read and of one that is not there.
      void arrives(video.currentSrc, signal).then((there) => {
        if (!signal.aborted) state.set((now) => ({ ...now, unplayable: there, gone: !there }));
      });
    },
    { signal },
  );
  read();
}

/** Whether the file comes from where it lies: what a cache still has of it proves nothing. */
async function arrives(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await fetch(address, { headers: { Range: 'bytes=0-0' }, cache: 'no-store', signal })).ok;
  } catch {
    return false;
  }
}

export const number = (text: string | null, fallback: number): number => {
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : fallback;
};

export const newPlaying = (): Store<Playing> => createStore<Playing>(STILL);

/** What is to play; a new object is a fresh start. */
export interface Source {
  kind: 'film' | 'rendition';
  /** Address of the film, or the session whose film comes in pieces. */
  source: string;
}

/** The player of one film. Begins at `start` seconds. */
export function usePlayer(
  state: Store<Playing>,
  video: HTMLVideoElement | null,
  stage: HTMLElement | null,
  play: Source | null,
  start: number,
): Player {
  useEffect(() => (video === null || play === null ? undefined : load(video, play, state, start)), [video, play, state, start]);
  return useMemo(() => control(video, stage, state), [video, stage, state]);
}

/** Begin to play from an address; the returned function lets go of it. */
function load(video: HTMLVideoElement, play: Source, state: Store<Playing>, start: number): () => void {
  const scope = new AbortController();
  // A film that another version takes over goes on where it was.
  const at = state.get().time > 0 ? state.get().time : start;
  const going = !state.get().paused;
  state.set({ ...STILL, time: at });
  if (play.kind === 'film') video.src = play.source;
  else {
    state.set((now) => ({ ...now, waiting: true }));
    playPieces(video, play.source, at, scope.signal, (refused) => {
      state.set((now) => ({ ...now, refused }));
    });
  }
  video.volume = Math.min(1, Math.max(0, number(recall('volume'), 1)));
  const ready = () => {
    const rate = number(recall('rate'), 1);
    video.defaultPlaybackRate = rate;
    video.playbackRate = rate;
    if (at > 0 && at < video.duration - 1) video.currentTime = at;
    if (going) quietly(video.play());
  };
  video.addEventListener('loadedmetadata', ready, { signal: scope.signal, once: true });
  follow(video, state, scope.signal);
  return () => {
    scope.abort();
    video.pause();
    video.removeAttribute('src');
    video.load();
  };
}
