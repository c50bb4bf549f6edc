import { useState } from 'react';
import { Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import type { Chapter } from '../../api/outline';
import type { Session } from '../../api/types';
import { useStore } from '../../state/store';
import { spoken } from '../../state/words';
import { chapterAt } from './chapters/chapters';
import { Glimpse } from './Glimpse';
import type { Player } from './player';

/** Where the film is; drag it, click it, or use the arrows. The pointer over it shows what is there. */
interface Props {
  session: Session;
  player: Player;
  chapters: readonly Chapter[];
}

export function SeekBar({ session, player, chapters }: Props) {
  const time = useStore(player.state, (now) => now.time);
  const duration = useStore(player.state, (now) => now.duration);
  const [pointed, setPointed] = useState<number | null>(null);
  const end = Math.max(duration, 0.1);
  return (
    <div
      className="seek"
      role="presentation"
      onPointerMove={(event) => {
        if (event.pointerType !== 'mouse') return;
        const { left, width } = event.currentTarget.getBoundingClientRect();
        setPointed(Math.min(1, Math.max(0, (event.clientX - left) / width)));
      }}
      onPointerLeave={() => setPointed(null)}
    >
      {pointed !== null && duration > 0 && (
        <Glimpse
          session={session}
          time={pointed * duration}
          duration={duration}
          at={`${(pointed * 100).toFixed(2)}%`}
          chapter={chapters[chapterAt(chapters, pointed * duration)]?.title}
        />
      )}
      <Slider
        aria-label="Position in the film"
        minValue={0}
        maxValue={end}
        step={0.1}
        value={Math.min(time, end)}
        onChange={player.seek}
        isDisabled={duration === 0}
        style={{ '--p': `${(Math.min(time, end) / end) * 100}%` }}
      >
        <SliderTrack className="seek-track">
          <i className="seek-done" />
          {duration > 0 &&
            chapters
              .slice(1)
              .map(({ start }) => <i key={start} className="seek-mark" style={{ left: `${((start / duration) * 100).toFixed(3)}%` }} />)}
          <SliderThumb className="seek-thumb" aria-valuetext={`${spoken(time)} of ${spoken(duration)}`} />
        </SliderTrack>
      </Slider>
    </div>
  );
}
