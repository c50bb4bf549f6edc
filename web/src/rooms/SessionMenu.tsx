/** What else can be done with a session: rename, work again, delete (which can be undone). */
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { downloadAddress } from '../api/media';
import { inWindow, shell } from '../api/shell';
import { useSessionRequests, type SessionRequests } from '../api/sessions';
import type { Session } from '../api/types';
import { addressOf, go } from '../state/route';
import { attempt, say } from '../state/toasts';
import { canShrink, isWorking } from '../state/job-words';
import { Icon } from '../ui/Icon';
import { RenameDialog } from './RenameDialog';
import { SoundDialog } from './SoundDialog';

/** Delete without a question: it can be undone. */
function remove(session: Session, requests: SessionRequests, then: () => void): void {
  const working = isWorking(session);
  attempt(requests.remove(session.id), () => {
    then();
    say({
      text: `“${session.title}” is in the bin.`,
      act: {
        word: 'Undo',
        run: () => attempt(requests.restore(session.id, working), () => say({ text: `“${session.title}” is back.` })),
      },
    });
  });
}

/** Ask for a place, and copy the film there. */
export function saveFilm(session: Session): void {
  attempt(shell.save(session), (path) => {
    if (path !== null) say({ text: 'The film is saved.', more: path });
  });
}

interface Props {
  session: Session;
  className?: string;
  /** The session is the whole page, which must be left when it is deleted. */
  leave?: boolean;
}

export function SessionMenu({ session, className = '', leave = false }: Props) {
  const [renaming, setRenaming] = useState(false);
  const [saving, setSaving] = useState(false);
  const requests = useSessionRequests();
  const film = session.film;
  const stopped = session.status === 'failed' || session.status === 'cancelled';
  return (
    <>
      <MenuTrigger>
        <Button className={`icon ${className}`.trim()} aria-label={`More for ${session.title}`}>
          <Icon sign="more" />
        </Button>
        <Popover className="menu-box" placement="bottom end" offset={4}>
          <Menu className="menu">
            <MenuItem className="menu-item" onAction={() => setRenaming(true)}>
              <Icon sign="pencil" /> Rename…
            </MenuItem>
            {film && inWindow() && (
              <>
                <MenuItem className="menu-item" onAction={() => saveFilm(session)}>
                  <Icon sign="download" /> Save the film as…
                </MenuItem>
                <MenuItem className="menu-item" onAction={() => attempt(shell.reveal(session))}>
                  <Icon sign="folder" /> Show in folder
                </MenuItem>
                <MenuItem className="menu-item" onAction={() => attempt(shell.play(session))}>
                  <Icon sign="play" /> Open with your player
                </MenuItem>
              </>
            )}
            {film && !inWindow() && (
              <MenuItem className="menu-item" href={downloadAddress(session.id, film.key)} target="_self" routerOptions={undefined}>
                <Icon sign="download" /> Download the film
              </MenuItem>
            )}
            {(film ?? session.status === 'unmerged') && (
              <MenuItem className="menu-item" onAction={() => setSaving(true)}>
                <Icon sign="volume" /> Save the sound…
              </MenuItem>
            )}
            {canShrink(session) && (
              <MenuItem
                className="menu-item"
                onAction={() => attempt(requests.optimise(session.id), () => say({ text: 'The film gets smaller in the background.' }))}
              >
                <Icon sign="film" /> Optimise
              </MenuItem>
            )}
            {isWorking(session) && (
              <MenuItem className="menu-item" onAction={() => go(addressOf.processing(session.id))}>
                <Icon sign="spin" /> Watch it work
              </MenuItem>
            )}
            {isWorking(session) && (
              <MenuItem className="menu-item" onAction={() => attempt(requests.cancel(session.id))}>
                <Icon sign="close" /> Cancel
              </MenuItem>
            )}
            {stopped && (
              <MenuItem
                className="menu-item"
                onAction={() => attempt(requests.retry(session.id), () => go(addressOf.processing(session.id)))}
              >
                <Icon sign="retry" /> Retry
              </MenuItem>
            )}
            <Separator className="menu-line" />
            <MenuItem
              className="menu-item bad"
              onAction={() => remove(session, requests, () => leave && go(addressOf.sessions))}
            >
              <Icon sign="trash" /> Delete
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {saving && <SoundDialog session={session} onClose={() => setSaving(false)} />}
      {renaming && <RenameDialog session={session} onClose={() => setRenaming(false)} />}
    </>
  );
}
