/** Places that a search found, by session. */
import type { Hit } from '../../api/types';
import { addressOf } from '../../state/route';
import { clock } from '../../state/words';
import { Link } from '../../ui/Link';
import type { Group } from './hits';

export const addressOfHit = (hit: Hit): string => `${addressOf.session(hit.session)}${hit.kind === 'title' ? '' : `?at=${hit.start}`}`;

interface Props {
  groups: readonly Group[];
  /** All that can be reached by the arrows, these among them. */
  hits: readonly Hit[];
  /** Which of those is chosen. */
  active: number;
  /** Prefix of their ids. */
  list: string;
  onFollow: () => void;
}

export function Places({ groups, hits, active, list, onFollow }: Props) {
  return groups.map((group) => (
    <div key={group.session} role="group" className="hits-of" aria-label={group.title}>
      <p className="strong cut" dir="auto">
        {group.title}
      </p>
      {group.hits.map((hit) => {
        const n = hits.indexOf(hit);
        return (
          <Link
            key={n}
            id={`${list}-${n}`}
            className={`hit${n === active ? ' active' : ''}`}
            tabIndex={-1}
            {...(n === active ? { 'aria-current': true } : {})}
            href={addressOfHit(hit)}
            onClick={onFollow}
          >
            <span className="time">{hit.kind === 'title' ? 'Title' : clock(hit.start)}</span>
            <span dir="auto">{hit.pieces.map((piece, at) => (piece.found ? <mark key={at}>{piece.text}</mark> : piece.text))}</span>
          </Link>
        );
      })}
    </div>
  ));
}
