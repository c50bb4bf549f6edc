/** What the film shows at a moment that is pointed at. */
import type { Session } from '../../api/types';
import { clock } from '../../state/words';
import { tileAt, tileStyle } from '../../ui/Film';

interface Props {
  session: Session;
  /** Seconds. */
  time: number;
  duration: number;
  /** Where it stands, as a share of the width. */
  at: string;
  /** Title of the chapter that it lies in. */
  chapter?: string | undefined;
}

export function Glimpse({ session: { id, strip }, time, duration, at, chapter }: Props) {
  return (
    <div className="glimpse" aria-hidden="true" style={{ '--at': at }}>
      {strip && duration > 0 && (
        <div
          style={{
            ...tileStyle(id, strip, tileAt(strip, time / duration)),
            aspectRatio: `${strip.tile_width} / ${strip.tile_height}`,
          }}
        />
      )}
      {chapter && (
        <b dir="auto">
          {chapter}
        </b>
      )}
      <span>{clock(time)}</span>
    </div>
  );
}
