/** The keys of the player: those of every editing desk, and those of every web player. */
import { useEffect } from 'react';
import { TEXT_FIELDS } from '../../ui/typing';
import { after, before } from './chapters/chapters';
import { nextRate, type Player } from './player';

const FRAME = 1 / 25;

type Chapters = readonly { start: number }[];

const toChapter = (player: Player, find: typeof after, chapters: Chapters) => () => {
  const at = find(chapters, player.now());
  if (at !== null) player.seek(at);
};

/** What a key does, or null. `shift` makes the arrows' steps larger. */
export function actOf(key: string, shift: boolean, player: Player, chapters: Chapters = []): (() => void) | null {
  const { rate } = player.state.get();
  switch (key) {
    case ' ':
    case 'k':
    case 'K':
      return player.toggle;
    case 'ArrowLeft':
      return () => player.by(shift ? -30 : -5);
    case 'ArrowRight':
      return () => player.by(shift ? 30 : 5);
    case 'j':
    case 'J':
      return () => player.by(-10);
    case 'l':
    case 'L':
      return () => player.by(10);
    case ',':
      return () => player.by(-FRAME);
    case '.':
      return () => player.by(FRAME);
    case '<':
      return () => player.rate(nextRate(rate, false));
    case '>':
      return () => player.rate(nextRate(rate, true));
    case 'ArrowUp':
      return () => player.volume(player.state.get().volume + 0.1);
    case 'ArrowDown':
      return () => player.volume(player.state.get().volume - 0.1);
    case 'f':
    case 'F':
      return player.full;
    case 'm':
    case 'M':
      return player.mute;
    case 'p':
    case 'P':
      return player.pip;
    case 'n':
    case 'N':
      return toChapter(player, after, chapters);
    case 'b':
    case 'B':
      return toChapter(player, before, chapters);
    case 'Home':
      return () => player.seek(0);
    case 'End':
      return () => player.seek(player.state.get().duration);
    default:
      return /^\d$/.test(key) ? () => player.seek((Number(key) / 10) * player.state.get().duration) : null;
  }
}

/** Whether the focus is on something that needs this key itself. */
export function isTaken(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest(`${TEXT_FIELDS}, [role="menu"], [role="dialog"], [role="tablist"]`)) return true;
  const arrow = event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End';
  if (target.closest('[role="slider"], input[type="range"]')) return arrow;
  if (target.closest('.side, .shelf')) return arrow || event.key === ' ';
  // Space and Enter press the button that has the focus.
  return event.key === ' ' && target.closest('button, a, summary') !== null;
}

export function usePlayerKeys(player: Player, on: boolean, chapters: Chapters): void {
  useEffect(() => {
    if (!on) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
      const act = actOf(event.key, event.shiftKey, player, chapters);
      if (act === null) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [player, on, chapters]);
}
