import { Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { useStore } from '../../state/store';
import { IconBtn } from '../../ui/parts';
import type { Player } from './player';

export function VolumeControl({ player }: { player: Player }) {
  const muted = useStore(player.state, (now) => now.muted);
  const volume = useStore(player.state, (now) => now.volume);
  const heard = muted ? 0 : volume;
  return (
    <span className="volume">
      <IconBtn label={muted ? 'Sound on' : 'Mute'} hotkey="M" sign={heard === 0 ? 'muted' : 'volume'} onPress={player.mute} />
      <Slider
        className="loud"
        aria-label="Volume"
        minValue={0}
        maxValue={1}
        step={0.05}
        value={heard}
        onChange={player.volume}
        formatOptions={{ style: 'percent' }}
        style={{ '--p': `${heard * 100}%` }}
      >
        <SliderTrack className="seek-track">
          <i className="seek-done" />
          <SliderThumb className="seek-thumb" />
        </SliderTrack>
      </Slider>
    </span>
  );
}
