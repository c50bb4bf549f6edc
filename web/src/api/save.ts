/** What was found out about a session, as a file: where the owner says, or where their browser puts it. */
import { attempt, say } from '../state/toasts';
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
  if (inWindow()) {
    attempt(shell.saveText(session, file), (path) => {
      if (path !== null) say({ text: 'It is saved.', more: path });
    });
    return;
  }
  const link = document.createElement('a');
  link.href = addressOf(session.id, file);
  link.download = `${session.title}.${file.ending}`;
  link.click();
}
