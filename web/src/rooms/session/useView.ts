/** The part of the film that is shown: zoomed by wheel, pinch, keys and buttons; it follows what plays. */
import { useEffect, useEffectEvent, useMemo, useRef, useState, type PointerEvent, type RefObject } from 'react';
import { isTaken } from './keys';
import type { Player } from './player';
import { NOTCH, panned, placeOf, shows, turnedTo, wholeOf, within, zoomed, type View } from './view';

/** Pixels that a wheel's notch is told as. */
const WHEEL = 100;
/** A step of this many seconds is a jump, not playing on. */
const JUMP = 1.5;

export interface Shown {
  view: View;
  /** By a factor, around a moment or what plays; the moment may be moved to another place, 0 to 1. */
  zoom: (factor: number, at?: number, place?: number) => void;
  pan: (seconds: number) => void;
  all: () => void;
}

export function useView(duration: number, player: Player): Shown {
  const [kept, setView] = useState<View | null>(null);
  const view = useMemo(() => within(kept, duration), [kept, duration]);
  const change = (next: View) => setView(next.length >= duration ? null : next);
  const before = useRef(0);
  const follow = useEffectEvent(() => {
    const now = player.now();
    const moved = Math.abs(now - before.current) > JUMP;
    const was = shows(view, before.current);
    before.current = now;
    if (kept !== null && (was || moved) && !shows(view, now)) change(turnedTo(view, now, duration));
  });
  useEffect(() => player.state.subscribe(() => follow()), [player]);
  return {
    view,
    zoom: (factor, at, place) => {
      const now = player.now();
      const middle = view.start + view.length / 2;
      change(zoomed(view, factor, at ?? (shows(view, now) ? now : middle), duration, place));
    },
    pan: (seconds) => change(panned(view, seconds, duration)),
    all: () => change(wholeOf(duration)),
  };
}

/** What is below a place on the screen, in seconds. */
export function secondsAt(field: Element, x: number, view: View): number {
  const at = field.getBoundingClientRect();
  return view.start + Math.min(1, Math.max(0, (x - at.left) / at.width)) * view.length;
}

/** The wheel over the field: sideways it pans, else it zooms; a page that scrolls keeps it, unless Ctrl
 *  is held, which is also how a pinch on a touch pad is told. */
export function useWheel(field: RefObject<HTMLElement | null>, shown: Shown): void {
  const turn = useEffectEvent((event: WheelEvent) => {
    const node = field.current;
    if (node === null) return;
    const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    const root = document.documentElement;
    const scrolls = root.scrollHeight > root.clientHeight;
    if (Math.abs(across) >= Math.abs(event.deltaY)) {
      if (shown.view.length === 0) return;
      event.preventDefault();
      shown.pan((across / node.clientWidth) * shown.view.length);
    } else if (event.ctrlKey || event.metaKey || !scrolls) {
      event.preventDefault();
      // A pinch comes in small steps.
      const notches = Math.min(2, Math.max(-2, -event.deltaY / (event.ctrlKey ? WHEEL / 5 : WHEEL)));
      shown.zoom(NOTCH ** notches, secondsAt(node, event.clientX, shown.view));
    }
  });
  useEffect(() => {
    const node = field.current;
    if (node === null) return;
    const listen = (event: WheelEvent) => turn(event);
    node.addEventListener('wheel', listen, { passive: false });
    return () => node.removeEventListener('wheel', listen);
  }, [field]);
}

/** + and − zoom wherever the focus is, unless something there takes them. */
export function useZoomKeys(shown: Shown): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    if (event.key === '+' || event.key === '=') shown.zoom(NOTCH);
    else if (event.key === '-') shown.zoom(1 / NOTCH);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}

/** Two fingers zoom, and pan with their middle. Says whether a pointer is one of two. */
export function usePinch(shown: Shown) {
  const down = useRef(new Map<number, number>());
  const width = (xs: number[]) => Math.max(20, Math.abs((xs[0] ?? 0) - (xs[1] ?? 0)));
  const middle = (xs: number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  return {
    begin: (event: PointerEvent): boolean => down.current.set(event.pointerId, event.clientX).size > 1,
    move: (event: PointerEvent<HTMLElement>): boolean => {
      if (!down.current.has(event.pointerId) || down.current.size !== 2) return false;
      const before = [...down.current.values()];
      down.current.set(event.pointerId, event.clientX);
      const now = [...down.current.values()];
      const field = event.currentTarget;
      const place = placeOf(shown.view, secondsAt(field, middle(now), shown.view));
      shown.zoom(width(now) / width(before), secondsAt(field, middle(before), shown.view), place);
      return true;
    },
    end: (event: PointerEvent): void => void down.current.delete(event.pointerId),
  };
}
