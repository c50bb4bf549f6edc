/** Beside the film: one page to look at instead of it. */
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useCanvas } from '../../../api/canvas';
import { jobOf } from '../../../api/enrichment';
import { saveCanvas } from '../../../api/save';
import type { Canvas, WholeSession } from '../../../api/types';
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
        <Save session={session} />
        <More session={session} onEdit={canvas.quotes.length > 0 && !editing ? () => setEditing(true) : null} />
      </div>
      <CanvasPage id={session.id} canvas={canvas} onSeek={seek} isEditing={editing} />
      {large && (
        <Large onClose={() => setLarge(false)} acts={<Save session={session} />}>
          <CanvasPage id={session.id} canvas={canvas} onSeek={seek} isEditing={false} />
        </Large>
      )}
    </>
  );
}

/** The files that it can be taken along as. */
function Save({ session }: { session: WholeSession }) {
  return (
    <MenuTrigger>
      <IconBtn label="Save the canvas" sign="download" />
      <Popover className="menu-box" placement="bottom end" offset={4}>
        <Menu className="menu" aria-label="Save the canvas">
          <MenuItem className="menu-item" onAction={() => saveCanvas(session, 'html')}>
            Save as HTML
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => saveCanvas(session, 'png')}>
            Save as PNG
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => saveCanvas(session, 'png', true)}>
            Save as PNG, dark
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function More({ session, onEdit }: { session: WholeSession; onEdit: (() => void) | null }) {
  const ask = useAsk(session, 'canvas');
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
          <MenuItem className="menu-item" isDisabled={busy} onAction={ask}>
            <Icon sign="retry" /> Draw again
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
