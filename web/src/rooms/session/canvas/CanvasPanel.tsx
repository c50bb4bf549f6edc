/** Beside the film: one page to look at instead of it. */
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { canvasAddress, drawing, drawnIn, useCanvas, useCanvasRequests, useDrawn } from '../../../api/canvas';
import { asProblem } from '../../../api/client';
import type { Canvas, WholeSession } from '../../../api/types';
import { attempt } from '../../../state/toasts';
import { Icon } from '../../../ui/Icon';
import { Btn, IconBtn, Trouble } from '../../../ui/parts';
import type { Player } from '../player';
import { CanvasPage } from './CanvasPage';
import { Large } from './Large';
import { Drawing, Failed, isDrawing, NoneYet } from './Standing';

export function CanvasPanel({ session, player }: { session: WholeSession; player: Player }) {
  const drawn = useDrawn(session);
  const version = drawnIn(drawn.data);
  const shown = useCanvas(session.id, version);
  const job = drawing(session);
  const trouble = drawn.error ?? shown.error;
  const failed = job?.status === 'failed' ? <Failed session={session} job={job} /> : null;
  const at = isDrawing(job) ? <Drawing session={session} job={job} /> : null;
  if (trouble) {
    const { title, detail, hint } = asProblem(trouble).body;
    return (
      <Trouble title={title} detail={detail} hint={hint}>
        <Btn small sign="retry" onPress={() => void (drawn.error ? drawn : shown).refetch()}>
          Try again
        </Btn>
      </Trouble>
    );
  }
  if (session.film !== null && (drawn.isPending || (version !== null && shown.isPending))) {
    return <div className="bone bone-title" role="status" aria-label="Reading the canvas" />;
  }
  if (version === null || !shown.data) return at ?? failed ?? <NoneYet session={session} job={job} />;
  return (
    <>
      {at ?? failed}
      <Whole session={session} player={player} canvas={shown.data} />
    </>
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
          <MenuItem className="menu-item" href={canvasAddress(session.id, 'html')} download={`${session.title}.html`}>
            Save as HTML
          </MenuItem>
          <MenuItem className="menu-item" href={canvasAddress(session.id, 'png')} download={`${session.title}.png`}>
            Save as PNG
          </MenuItem>
          <MenuItem className="menu-item" href={canvasAddress(session.id, 'png', true)} download={`${session.title}.png`}>
            Save as PNG, dark
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function More({ session, onEdit }: { session: WholeSession; onEdit: (() => void) | null }) {
  const requests = useCanvasRequests(session.id);
  const busy = isDrawing(drawing(session));
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
          <MenuItem className="menu-item" isDisabled={busy} onAction={() => attempt(requests.draw())}>
            <Icon sign="retry" /> Draw again
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
