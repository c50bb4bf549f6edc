/** Beside the film: one page to look at instead of it. */
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useCanvas, useCanvasRequests } from '../../../api/canvas';
import { jobOf, useEnrichment } from '../../../api/enrichment';
import { saveCanvas } from '../../../api/save';
import type { Canvas, WholeSession } from '../../../api/types';
import { attempt, say } from '../../../state/toasts';
import { Icon } from '../../../ui/Icon';
import { Btn, IconBtn } from '../../../ui/parts';
import { Reading } from '../found/Reading';
import { isAtWork, useAsk } from '../found/Standing';
import type { Player } from '../player';
import { CanvasPage } from './CanvasPage';
import { Large } from './Large';

export function CanvasPanel({ session, player }: { session: WholeSession; player: Player }) {
  return (
    <Reading session={session} step="canvas" what="the canvas" useVersion={useCanvas}>
      {(canvas) => <Whole session={session} player={player} canvas={canvas} />}
    </Reading>
  );
}

function Whole({ session, player, canvas }: { session: WholeSession; player: Player; canvas: Canvas }) {
  const [large, setLarge] = useState(false);
  const [editing, setEditing] = useState(false);
  const isOld = useIsOld(session);
  const seek = (seconds: number) => {
    setLarge(false);
    player.seek(seconds);
  };
  return (
    <>
      <div className="canvas-acts">
        <Btn small sign="full" onPress={() => setLarge(true)}>
          Open large
        </Btn>
        <span className="grow" />
        {editing && (
          <Btn small look="plain" onPress={() => setEditing(false)}>
            Done
          </Btn>
        )}
        <Save session={session} isOld={isOld} />
        <More session={session} canvas={canvas} onEdit={canvas.quotes.length > 0 && !editing ? () => setEditing(true) : null} />
      </div>
      {isOld && <Old session={session} />}
      <CanvasPage id={session.id} canvas={canvas} onSeek={seek} isEditing={editing} />
      {large && (
        <Large onClose={() => setLarge(false)} acts={<Save session={session} isOld={isOld} />}>
          <CanvasPage id={session.id} canvas={canvas} onSeek={seek} isEditing={false} />
        </Large>
      )}
    </>
  );
}

/** Whether what it was drawn from has changed since. */
const useIsOld = (session: WholeSession): boolean => useEnrichment(session).data?.found.some((one) => one.out_of_date) ?? false;

/** It is old, and nothing is about to change that. */
function Old({ session }: { session: WholeSession }) {
  const ask = useAsk(session, 'canvas');
  const job = jobOf(session, 'canvas');
  if (job?.status === 'failed' || isAtWork(job)) return null;
  return (
    <p className="note ink-2 row gap">
      <span className="grow">What it was drawn from has changed since.</span>
      <Btn small onPress={ask}>
        Draw again
      </Btn>
    </p>
  );
}

/** The files that it can be taken along as. */
function Save({ session, isOld }: { session: WholeSession; isOld: boolean }) {
  const save = (form: 'html' | 'png', dark = false) => {
    if (isOld) say({ text: 'It is drawn anew first, with what has changed.' });
    saveCanvas(session, form, dark);
  };
  return (
    <MenuTrigger>
      <IconBtn label="Save the canvas" sign="download" />
      <Popover className="menu-box" placement="bottom end" offset={4}>
        <Menu className="menu" aria-label="Save the canvas">
          <MenuItem className="menu-item" onAction={() => save('html')}>
            Save as HTML
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => save('png')}>
            Save as PNG
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => save('png', true)}>
            Save as PNG, dark
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function More({ session, canvas, onEdit }: { session: WholeSession; canvas: Canvas; onEdit: (() => void) | null }) {
  const ask = useAsk(session, 'canvas');
  const requests = useCanvasRequests(session.id);
  const busy = isAtWork(jobOf(session, 'canvas'));
  return (
    <MenuTrigger>
      <Button className="icon" aria-label="More for the canvas">
        <Icon sign="more" />
      </Button>
      <Popover className="menu-box" placement="bottom end" offset={4}>
        <Menu className="menu" aria-label="More for the canvas">
          <MenuItem className="menu-item" isDisabled={onEdit === null} onAction={() => onEdit?.()}>
            <Icon sign="pencil" /> Change the quotes
          </MenuItem>
          {canvas.owned?.includes('quotes') && (
            <MenuItem className="menu-item" onAction={() => attempt(requests.findQuotes(canvas.version))}>
              <Icon sign="back" /> Take the quotes that Rushes finds
            </MenuItem>
          )}
          <MenuItem className="menu-item" isDisabled={busy} onAction={ask}>
            <Icon sign="retry" /> Draw again
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
