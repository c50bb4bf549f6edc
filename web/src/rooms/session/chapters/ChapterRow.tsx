/** The chapters under the waveform, each as wide as it is long; a press leads to its beginning. */
import type { Chapter } from '../../../api/outline';
import { useStore } from '../../../state/store';
import { clock } from '../../../state/words';
import type { Player } from '../player';
import { placeOf, type View } from '../view';
import { chapterAt } from './chapters';

/** Pixels below which a title says nothing any more. */
const LEGIBLE = 28;

interface Props {
  chapters: readonly Chapter[];
  player: Player;
  view: View;
  /** Pixels. */
  width: number;
}

const share = (place: number): string => `${(place * 100).toFixed(3)}%`;

export function ChapterRow({ chapters, player, view, width }: Props) {
  const current = useStore(player.state, (now) => chapterAt(chapters, now.time));
  if (chapters.length === 0) return null;
  return (
    <div className="chapter-row" role="group" aria-label="Chapters">
      {chapters.map((one, n) => {
        const [from, to] = [Math.max(0, placeOf(view, one.start)), Math.min(1, placeOf(view, one.end))];
        if (to <= 0 || from >= 1 || to <= from) return null;
        return (
          <button
            key={`${one.start} ${n}`}
            type="button"
            // One stop for the Tab key; N and B go from chapter to chapter.
            tabIndex={n === Math.max(0, current) ? 0 : -1}
            className={n === current ? 'now' : ''}
            aria-label={`Go to ${clock(one.start)}, ${one.title}`}
            title={`${clock(one.start)} ${one.title}`}
            style={{ left: share(from), width: share(to - from) }}
            onClick={() => player.seek(one.start)}
          >
            {(to - from) * width >= LEGIBLE && <span dir="auto">{one.title}</span>}
          </button>
        );
      })}
    </div>
  );
}
