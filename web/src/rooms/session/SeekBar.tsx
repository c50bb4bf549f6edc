import { Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { useStore } from '../../state/store';
import { spoken } from '../../state/words';
import type { Player } from './player';

/** Where the film is; drag it, click it, or use the arrows. */
export function SeekBar({ player }: { player: Player }) {
  const time = useStore(player.state, (now) => now.time);
  const duration = useStore(player.state, (now) => now.duration);
  const end = Math.max(duration, 0.1);
  return (
    <Slider
      className="seek"
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
        <SliderThumb className="seek-thumb" aria-valuetext={`${spoken(time)} of ${spoken(duration)}`} />
      </SliderTrack>
    </Slider>
  );
}
