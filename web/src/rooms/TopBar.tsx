/** On every page: where you are, finding, what is at work. */
import { useEffect, useRef, useState } from 'react';
import { addressOf, go, useRoute } from '../state/route';
import { useLink } from '../live/connection';
import { inWindow } from '../api/shell';
import { Icon, Mark } from '../ui/Icon';
import { Link } from '../ui/Link';
import { IconBtn } from '../ui/parts';
import { TEXT_FIELDS } from '../ui/typing';
import { Badge } from './queue/Badge';
import { readFilter, writeFilter } from './sessions/filter';

const TYPING = 200;

function Search() {
  const { place, search } = useRoute();
  const filter = place.name === 'sessions' ? readFilter(search) : readFilter('');
  const [text, setText] = useState(filter.q);
  const [known, setKnown] = useState(filter.q);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<number | undefined>(undefined);
  if (filter.q !== known) {
    // The address moved without us: going back, or "Show all".
    setKnown(filter.q);
    setText(filter.q);
  }
  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest(TEXT_FIELDS);
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', slash);
    return () => {
      window.removeEventListener('keydown', slash);
      window.clearTimeout(timer.current);
    };
  }, []);
  const find = (q: string) => {
    setKnown(q.trim());
    go(writeFilter({ ...filter, q: q.trim() }), { replace: place.name === 'sessions' });
  };
  return (
    <label className="field search">
      <Icon sign="search" />
      <input
        ref={field}
        type="search"
        value={text}
        placeholder="Search titles"
        aria-label="Search titles"
        maxLength={500}
        onChange={(event) => {
          const q = event.currentTarget.value;
          setText(q);
          window.clearTimeout(timer.current);
          timer.current = window.setTimeout(() => find(q), TYPING);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            window.clearTimeout(timer.current);
            find(text);
          }
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

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
