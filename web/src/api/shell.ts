/** What the window can do and a browser cannot: this page asks its backend, which asks the shell. */
import { api, told } from './client';
import type { Ending } from './transcript';
import type { Session } from './types';

const MARK = 'rushes.window';

/** The page is shown by the shell: its address said so once, and a reload in the window remembers. */
let shown = false;

export function noteWindow(told: boolean): void {
  try {
    if (told) window.sessionStorage.setItem(MARK, 'yes');
    shown = told || window.sessionStorage.getItem(MARK) === 'yes';
  } catch {
    shown = told;
  }
}

export const inWindow = (): boolean => shown;

/** A text of a session that is saved: what, in which form, of which version. */
export interface TextFile {
  kind: 'transcript' | 'chapters' | 'summary';
  ending: Ending;
  version: number;
  /** Longest line, in characters; of a transcript. */
  line?: number | null;
}

const of = (session: Session) => ({ body: { session: session.id } });

export const shell = {
  /** Whatever the shell has to say may come now. */
  greet: async (): Promise<void> => {
    await api.POST('/api/shell/hello');
  },
  /** Paths that the owner chose in the system's dialog; none when they thought better of it. */
  choose: async (kind: 'files' | 'folder'): Promise<string[]> => told(await api.POST('/api/shell/choose', { body: { kind } })).paths,
  /** Full paths of what was just dropped; none where the web view does not tell. */
  dropped: async (): Promise<string[]> => told(await api.POST('/api/shell/dropped')).paths,
  /** Where the film was saved, or the sound with that key; null when no place was chosen. */
  save: async (session: Session, sound: string | null = null): Promise<string | null> =>
    told(await api.POST('/api/shell/save', { body: { session: session.id, sound } })).path,
  /** Where a text was saved; null when no place was chosen. */
  saveText: async (session: Session, { kind, ending, version, line }: TextFile): Promise<string | null> => {
    const text = { kind, ending, version, line: line ?? null };
    return told(await api.POST('/api/shell/save', { body: { session: session.id, text } })).path;
  },
  saveCanvas: async (session: Session, form: 'html' | 'png', dark: boolean): Promise<string | null> =>
    told(await api.POST('/api/shell/save', { body: { session: session.id, canvas: { form, dark } } })).path,
  reveal: async (session: Session): Promise<void> => {
    await api.POST('/api/shell/reveal', of(session));
  },
  play: async (session: Session): Promise<void> => {
    await api.POST('/api/shell/play', of(session));
  },
  close: async (quit: boolean): Promise<void> => {
    await api.POST('/api/shell/close', { body: { quit } });
  },
};
