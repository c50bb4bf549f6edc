/** What the shell tells the page of its window, and the key that ends both. */
import { useEffect, useState } from 'react';
import { inWindow, shell } from '../api/shell';
import { go } from '../state/route';
import { attempt, say } from '../state/toasts';
import { useLink } from './connection';

interface Word {
  go?: string;
  say?: { text: string; more?: string };
  closing?: boolean;
}

const isWord = (value: unknown): value is Word => typeof value === 'object' && value !== null;

/** Whether the owner is closing the window while there is work; and how to say that this is settled. */
export function useShell(): [boolean, () => void] {
  const [closing, setClosing] = useState(false);
  const link = useLink();
  useEffect(() => {
    if (!inWindow()) return;
    const scope = new AbortController();
    window.addEventListener('rushes', (event) => {
      const word: unknown = event instanceof CustomEvent ? event.detail : null;
      if (!isWord(word)) return;
      if (word.go !== undefined) go(word.go);
      if (word.say !== undefined) say({ ...word.say, mood: 'failed' });
      if (word.closing) setClosing(true);
    }, { signal: scope.signal });
    window.addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 'q' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      attempt(shell.close(true));
    }, { signal: scope.signal });
    return () => scope.abort();
  }, []);
  useEffect(() => {
    if (inWindow() && link === 'live') shell.greet().catch(() => undefined);
  }, [link]);
  return [closing, () => setClosing(false)];
}
