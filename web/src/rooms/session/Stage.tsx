/** The film and its controls. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { Chapter } from '../../api/outline';
import type { Session, WholeSession } from '../../api/types';
import { useStore } from '../../state/store';
import { clock, spoken } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { IconBtn } from '../../ui/parts';
import { useCaptions, type Captions } from './captions';
import { RATES, type Player } from './player';
import { VolumeControl } from './VolumeControl';
import { SeekBar } from './SeekBar';

/** Milliseconds of stillness after which the controls of a film that plays go. */
const STILLNESS = 2500;

interface Props {
  session: WholeSession;
  player: Player;
  onVideo: (video: HTMLVideoElement | null) => void;
  onBox: (box: HTMLElement | null) => void;
  chapters: readonly Chapter[];
  /** In place of the film, while it cannot play. */
  cover: ReactNode;
}

export function Stage({ session, player, onVideo, onBox, chapters, cover }: Props) {
  const paused = useStore(player.state, (now) => now.paused);
  const waiting = useStore(player.state, (now) => now.waiting);
  const { awake, wake } = useAwake();
  const { onTrack, ...captions } = useCaptions(session);
  return (
    // Pointers only wake the controls; every one of them is a button of its own.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={onBox}
      className={`player${awake || paused ? '' : ' asleep'}`}
      onPointerMove={wake}
      onPointerDown={wake}
      onFocus={wake}
      role="group"
      aria-label={`Player, ${session.title}`}
    >
      {/* The captions come with the transcript. */}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption */}
      <video ref={onVideo} preload="metadata" playsInline onClick={player.toggle} onDoubleClick={player.full} aria-label={session.title}>
        {captions.source !== null && <track key={captions.source} ref={onTrack} kind="captions" label="What is said" src={captions.source} />}
      </video>
      {captions.lines !== '' && !cover && (
        <p className="caption" dir="auto">
          {captions.lines}
        </p>
      )}
      {waiting && !cover && (
        <span className="buffering" role="status" aria-label="Loading">
          <Icon sign="spin" />
        </span>
      )}
      {cover ? <div className="cover">{cover}</div> : <Controls session={session} player={player} captions={captions} chapters={chapters} />}
    </div>
  );
}

/** Whether somebody is there: the controls go after a while of stillness. */
function useAwake() {
  const [awake, setAwake] = useState(true);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const wake = () => {
    setAwake(true);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setAwake(false), STILLNESS);
  };
  return { awake, wake };
}

interface ControlsProps extends Pick<Props, 'player' | 'chapters'> {
  session: Session;
  captions: Omit<Captions, 'onTrack'>;
}

function Controls({ session, player, captions, chapters }: ControlsProps) {
  const { state } = player;
  const paused = useStore(state, (now) => now.paused);
  const time = useStore(state, (now) => Math.floor(now.time));
  const duration = useStore(state, (now) => now.duration);
  const full = useStore(state, (now) => now.full);
  const pip = useStore(state, (now) => now.pip);
  return (
    <>
      <SeekBar session={session} player={player} chapters={chapters} />
      <div className="controls">
        <IconBtn label={paused ? 'Play' : 'Pause'} hotkey="Space" sign={paused ? 'play' : 'pause'} onPress={player.toggle} />
        <IconBtn label="Back 10 seconds" hotkey="J" sign="back" className="wide" onPress={() => player.by(-10)} />
        <VolumeControl player={player} />
        <span className="clock" role="img" aria-label={`${spoken(time)} of ${spoken(duration)}`}>
          {clock(time)} <span>/ {clock(duration)}</span>
        </span>
        <span className="grow" />
        <RateMenu player={player} />
        <IconBtn
          label={captions.there ? `Captions ${captions.on ? 'off' : 'on'}` : 'Captions: none yet'}
          sign="captions"
          className={captions.on ? 'chosen' : ''}
          isDisabled={!captions.there}
          onPress={captions.toggle}
        />
        {document.pictureInPictureEnabled && (
          <IconBtn label={pip ? 'Leave picture in picture' : 'Picture in picture'} hotkey="P" sign="pip" className="wide" onPress={player.pip} />
        )}
        <IconBtn label={full ? 'Leave full screen' : 'Full screen'} hotkey="F" sign="full" onPress={player.full} />
      </div>
    </>
  );
}

const word = (rate: number): string => `${rate} ×`;

function RateMenu({ player }: { player: Player }) {
  const rate = useStore(player.state, (now) => now.rate);
  return (
    <MenuTrigger>
      <Button className="rate" aria-label={`Speed, ${rate} times`}>
        {word(rate)}
      </Button>
      <Popover className="menu-box" placement="top end" offset={8}>
        <Menu
          className="menu"
          aria-label="Speed"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[String(rate)]}
          onAction={(key) => player.rate(Number(key))}
        >
          {RATES.map((one) => (
            <MenuItem key={one} id={String(one)} className="menu-item" textValue={word(one)}>
              <span className="tick">{one === rate && <Icon sign="check" />}</span>
              {word(one)}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
