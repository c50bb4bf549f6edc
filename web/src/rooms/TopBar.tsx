/** On every page: where you are, finding, what is at work. */
import { addressOf, go, useRoute } from '../state/route';
import { useLink } from '../live/connection';
import { inWindow } from '../api/shell';
import { Icon, Mark } from '../ui/Icon';
import { Link } from '../ui/Link';
import { IconBtn } from '../ui/parts';
import { Badge } from './queue/Badge';
import { Search } from './search/Search';

export function TopBar() {
  const { place } = useRoute();
  const current = place.name === 'sessions' ? { 'aria-current': 'page' as const } : {};
  return (
    <header className="top">
      <nav className="row" aria-label="Rushes">
        <Link className="brand" href={addressOf.sessions}>
          <Mark />
          Rushes
        </Link>
        <span className="tabs-top">
          <Link href={addressOf.sessions} {...current}>
            Sessions
          </Link>
        </span>
      </nav>
      <Search />
      <div className="top-right">
        <Badge />
        <IconBtn label="Settings" sign="gear" className="wide" onPress={() => go(addressOf.settings)} />
      </div>
    </header>
  );
}

export function TabBar() {
  const { place, queue } = useRoute();
  const mark = (on: boolean) => (on ? { 'aria-current': 'page' as const } : {});
  return (
    <nav className="tabbar" aria-label="Places">
      <Link href={addressOf.sessions} {...mark(place.name === 'sessions' && !queue)}>
        <Icon sign="film" />
        Sessions
      </Link>
      <Link href={addressOf.queue} {...mark(queue)}>
        <Icon sign="stack" />
        Queue
      </Link>
      <Link href={addressOf.settings} {...mark(place.name === 'settings')}>
        <Icon sign="gear" />
        Settings
      </Link>
    </nav>
  );
}

/** Said while nobody answers; the page keeps what it has, and keeps trying. */
export function Offline({ bare = false }: { bare?: boolean }) {
  const link = useLink();
  return (
    <div role="status">
      {link === 'offline' && (
        <div className={`offline${bare ? ' bare-offline' : ''}`}>
          <Icon sign="fault" />
          <span>
            {inWindow() ? (
              <>
                <b className="strong">Rushes is starting again.</b> This page goes on by itself.
              </>
            ) : (
              <>
                <b className="strong">Rushes is not running.</b> Start it again; this page goes on by itself.
              </>
            )}
          </span>
          <Icon sign="spin" />
          <span className="t-12 ink-3 wide">Trying</span>
        </div>
      )}
    </div>
  );
}
