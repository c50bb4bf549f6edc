/** Plays a session from its original files: one picture, and pieces of sound that are kept with it.
 *
 *  The picture is the clock. Where there is none, or it has ended before the sound, a clock of the
 *  deck's own goes on. Sound follows the clock; it never leads.
 */
import type { Playback } from '../../../api/types';
import { AHEAD, correct, inFile, inSession, nextPiece, pieceAt, soundsItself, zeroOf, type Piece } from './schedule';

/** Milliseconds between two looks at the clock. */
const LOOK = 40;
/** Sound may begin this many seconds off: to jump first would cost as much. */
const START = 0.05;
/** Seconds within which the picture's last frame is its end. */
const END = 0.03;

interface Sound {
  piece: Piece;
  element: HTMLAudioElement;
  /** Set while it is wanted to sound: a request to play may still be under way. */
  on: boolean;
  /** It has just jumped: how far off it landed tells what a jump costs. */
  jumped: boolean;
}

export interface Told {
  /** Something that the owner sees has changed. */
  changed: () => void;
  /** A file does not play. */
  failed: (source: number) => void;
}

export class Deck {
  readonly duration: number;
  readonly pictured: boolean;
  private readonly picture: Piece | null;
  private readonly sound: Piece[];
  private readonly sounds = new Map<Piece, Sound>();
  private readonly scope = new AbortController();
  private readonly timer: number;
  /** The clock of the deck's own, where it runs without a picture. */
  private own: number;
  private looked = performance.now();
  private going = false;
  private stalled = false;
  /** Seconds that a jump costs, learnt: sound is sent ahead by them. */
  private late = 0;
  /** Wakes the deck when the next piece begins. */
  private soon: number | undefined;
  private speed = 1;
  private loudness = 1;
  private quiet = false;

  constructor(
    private readonly playback: Playback,
    private readonly video: HTMLVideoElement,
    private readonly stage: HTMLElement,
    private readonly address: (source: number) => string,
    private readonly told: Told,
    start: number,
    ignored: ReadonlySet<number>,
  ) {
    const usable = playback.pieces.filter((piece) => !ignored.has(piece.source));
    this.picture = usable.find((piece) => piece.kind === 'video') ?? null;
    this.pictured = this.picture !== null;
    this.sound = soundsItself(playback.pieces) ? [] : usable.filter((piece) => piece.kind === 'audio');
    this.duration = playback.duration;
    this.own = Math.min(Math.max(0, start), this.duration);
    if (this.picture !== null) this.begin(this.picture);
    this.look();
    this.timer = window.setInterval(() => this.look(), LOOK);
  }

  get paused(): boolean {
    return !this.going;
  }

  get waiting(): boolean {
    return this.going && (this.onPicture() ? this.video.readyState < 3 : this.stalled);
  }

  get rate(): number {
    return this.speed;
  }

  /** Seconds of the session, to the moment. */
  get time(): number {
    if (!this.onPicture() || this.picture === null) return this.own;
    return this.video.readyState >= 1 ? this.pictureTime(this.picture) : this.own;
  }

  toggle(): void {
    if (this.going) this.pause();
    else this.play();
  }

  play(): void {
    if (this.time >= this.duration - END) this.seek(0);
    this.going = true;
    this.looked = performance.now();
    if (this.onPicture()) this.run();
    this.look();
    this.told.changed();
  }

  pause(): void {
    this.own = this.time;
    this.going = false;
    this.video.pause();
    this.look();
    this.told.changed();
  }

  seek(time: number): void {
    this.own = Math.min(Math.max(0, time), this.duration);
    const { picture } = this;
    if (picture !== null && this.video.readyState >= 1) {
      const end = picture.begin + picture.duration;
      this.video.currentTime = inFile(picture, this.zero(picture, this.video), Math.min(this.own, end));
      if (this.own >= end) this.video.pause();
      else if (this.going) this.run();
    }
    this.looked = performance.now();
    this.look();
    this.told.changed();
  }

  setRate(rate: number): void {
    this.speed = rate;
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
    this.look();
  }

  setVolume(volume: number, muted: boolean): void {
    this.loudness = volume;
    this.quiet = muted;
    this.video.volume = volume;
    this.video.muted = muted || !soundsItself(this.playback.pieces);
    for (const { element } of this.sounds.values()) this.hush(element);
  }

  close(): void {
    this.scope.abort();
    window.clearInterval(this.timer);
    window.clearTimeout(this.soon);
    this.going = false;
    for (const piece of [...this.sounds.keys()]) this.drop(piece);
    this.video.pause();
    this.video.muted = false;
    this.video.removeAttribute('src');
    this.video.load();
  }

  private begin(picture: Piece): void {
    const { video } = this;
    const { signal } = this.scope;
    video.src = this.address(picture.source);
    video.addEventListener('loadedmetadata', () => this.seek(this.own), { signal });
    // Picture in picture has buttons of its own.
    video.addEventListener('play', () => !this.going && !video.paused && this.play(), { signal });
    video.addEventListener('pause', () => this.going && video.paused && this.onPicture() && this.pause(), { signal });
    video.addEventListener('ended', () => this.passed(picture), { signal });
    video.addEventListener('error', () => video.error && this.told.failed(picture.source), { signal });
  }

  /** The picture is at its end: the clock of the deck's own takes over. */
  private passed(picture: Piece): void {
    this.own = Math.max(this.own, picture.begin + picture.duration);
    this.looked = performance.now();
    this.look();
    this.told.changed();
  }

  private run(): void {
    this.video.play().catch((error: unknown) => {
      // Refused without a click. A pause that comes in between, or another place, is no refusal.
      if (error instanceof DOMException && error.name === 'NotAllowedError' && this.going) this.pause();
    });
  }

  /** Whether the picture is the clock now. */
  private onPicture(): boolean {
    return this.picture !== null && this.own < this.picture.begin + this.picture.duration && !this.video.ended;
  }

  private zero(piece: Piece, element: HTMLMediaElement): number {
    const source = this.playback.sources[piece.source];
    return source === undefined ? 0 : zeroOf(source.clock, source.duration, element.duration);
  }

  private pictureTime(picture: Piece): number {
    return Math.max(0, inSession(picture, this.zero(picture, this.video), this.video.currentTime));
  }

  /** Look at the clock, and bring the sound in line with it. */
  private look(): void {
    const now = performance.now();
    const passed = ((now - this.looked) / 1000) * this.speed;
    this.looked = now;
    if (this.onPicture()) {
      if (!this.video.seeking) this.own = Math.min(this.time, this.duration);
    } else if (this.going) {
      const sound = this.soundAt(this.own);
      // A clock of one's own waits for its sound, or the first of it would not be heard.
      this.stalled = sound !== null && sound.element.error === null && (sound.element.readyState < 3 || sound.element.seeking);
      if (!this.stalled) this.own += passed;
      if (this.own >= this.duration) {
        this.own = this.duration;
        this.going = false;
        this.video.pause();
      }
      this.told.changed();
    }
    this.follow();
  }

  private soundAt(time: number): Sound | null {
    const piece = pieceAt(this.sound, time);
    return piece && this.ready(piece);
  }

  private follow(): void {
    const time = this.time;
    const now = this.soundAt(time);
    const next = nextPiece(this.sound, time);
    if (next !== null && next.begin - time < AHEAD * this.speed) this.prepare(next);
    window.clearTimeout(this.soon);
    const left = next === null ? Infinity : ((next.begin - time) / this.speed) * 1000;
    if (this.going && left < 2 * LOOK) this.soon = window.setTimeout(() => this.look(), left + 1);
    const moves = this.going && !(this.onPicture() && (this.video.seeking || this.video.readyState < 3));
    for (const [piece, sound] of [...this.sounds]) {
      if (piece === now?.piece) this.align(sound, time, moves);
      else if (piece === next && next.begin - time < AHEAD * this.speed) this.still(sound);
      else this.drop(piece);
    }
  }

  private align(sound: Sound, time: number, moves: boolean): void {
    const { element, piece } = sound;
    if (element.readyState < 1 || element.error !== null) return;
    const zero = this.zero(piece, element);
    if (!moves) {
      this.still(sound);
      if (!element.seeking && Math.abs(inSession(piece, zero, element.currentTime) - time) > 0.01) element.currentTime = inFile(piece, zero, time);
      return;
    }
    if (element.seeking) return;
    if (!sound.on) {
      if (Math.abs(inSession(piece, zero, element.currentTime) - time) > START) element.currentTime = inFile(piece, zero, time);
      element.playbackRate = this.speed;
      sound.on = true;
      element.play().catch(() => (sound.on = false));
      return;
    }
    if (element.readyState < 3 || element.ended) return;
    const drift = inSession(piece, zero, element.currentTime) - time;
    const todo = correct(drift, this.speed);
    if (sound.jumped) this.late = Math.min(0.1, Math.max(0, this.late - drift / 2 / this.speed));
    sound.jumped = false;
    if (element.playbackRate !== todo.rate) element.playbackRate = todo.rate;
    if (todo.kind === 'jump') {
      sound.jumped = true;
      element.currentTime = inFile(piece, zero, time + this.late * this.speed);
    }
  }

  private still(sound: Sound): void {
    if (sound.on) sound.element.pause();
    sound.on = false;
  }

  private prepare(piece: Piece): void {
    const sound = this.ready(piece);
    const { element } = sound;
    if (element.readyState < 1 || element.seeking || sound.on) return;
    const from = inFile(piece, this.zero(piece, element), piece.begin);
    if (Math.abs(element.currentTime - from) > 0.01) element.currentTime = from;
  }

  /** The element of a piece, made where there is none. */
  private ready(piece: Piece): Sound {
    const found = this.sounds.get(piece);
    if (found !== undefined) return found;
    const element = document.createElement('audio');
    element.preload = 'auto';
    element.src = this.address(piece.source);
    this.hush(element);
    element.addEventListener('error', () => element.error && this.told.failed(piece.source), { signal: this.scope.signal });
    this.stage.append(element);
    const sound = { piece, element, on: false, jumped: false };
    this.sounds.set(piece, sound);
    return sound;
  }

  private hush(element: HTMLAudioElement): void {
    element.volume = this.loudness;
    element.muted = this.quiet;
  }

  private drop(piece: Piece): void {
    const element = this.sounds.get(piece)?.element;
    this.sounds.delete(piece);
    if (element === undefined) return;
    element.pause();
    element.removeAttribute('src');
    element.load();
    element.remove();
  }
}
