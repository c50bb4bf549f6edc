/** What is said, by an earlier version and by the newest one. */
import { useTranscript } from '../../../api/transcript';
import type { Transcript } from '../../../api/types';
import { clock, count } from '../../../state/words';
import type { Player } from '../player';
import { compare } from './spoken';

/** An earlier version and the newest one, with what differs marked. */
export function Comparison({ id, before, newest, player }: { id: string; before: Transcript; newest: number; player: Player }) {
  const after = useTranscript(id, newest).data;
  if (after === undefined || after.version !== newest) return <div className="bone bone-title" />;
  const groups = compare(before.segments, after.segments);
  const differing = groups.filter((group) => group.differs).length;
  return (
    // A list that scrolls takes the focus, so that keys scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="transcript" role="region" aria-label={`Version ${before.version} and the newest`} tabIndex={0}>
      <p className="ink-3 t-12">{differing === 0 ? 'They say the same.' : `They differ in ${count(differing, 'place')}.`}</p>
      {groups.map((group, n) => (
        <div key={n} className="said">
          <button type="button" className="time" aria-label={`Go to ${clock(group.start)}`} onClick={() => player.seek(group.start)}>
            {clock(group.start)}
          </button>
          <div dir="auto">
            {group.differs ? (
              <>
                {group.before && <del>{group.before}</del>}
                {group.after && <ins>{group.after}</ins>}
              </>
            ) : (
              <p>{group.after}</p>
            )}
          </div>
        </div>
      ))}
    </div>
  );
}
