/** What was found out about a session, as a file: where the owner says, or where their browser puts it. */
import { attempt, say } from '../state/toasts';
import { canvasAddress } from './canvas';
import { outlineAddress } from './outline';
import { inWindow, shell, type TextFile } from './shell';
import { transcriptAddress } from './transcript';
import type { Session } from './types';

function addressOf(id: string, { kind, ending, version, line }: TextFile): string {
  return kind === 'transcript'
    ? transcriptAddress(id, ending, version, line ?? null)
    : outlineAddress(id, kind, ending, version);
}

export function saveText(session: Session, file: TextFile): void {
  if (inWindow()) ask(shell.saveText(session, file));
  else download(addressOf(session.id, file), `${session.title}.${file.ending}`);
}

export function saveCanvas(session: Session, form: 'html' | 'png', dark = false): void {
  if (inWindow()) ask(shell.saveCanvas(session, form, dark));
  else download(canvasAddress(session.id, form, dark), `${session.title}.${form}`);
}

function ask(saving: Promise<string | null>): void {
  attempt(saving, (path) => {
    if (path !== null) say({ text: 'It is saved.', more: path });
  });
}

function download(href: string, name: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
}
