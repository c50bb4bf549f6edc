/** Search everything: where words are said and written, by session. Titles narrow the shelf meanwhile. */
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { asProblem } from '../../api/client';
import { MOST, useSearch } from '../../api/search';
import type { Hit } from '../../api/types';
import { go, useRoute } from '../../state/route';
import { count } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { TEXT_FIELDS } from '../../ui/typing';
import { readFilter, writeFilter } from '../sessions/filter';
import { grouped, others } from './hits';
import { addressOfHit, Places } from './Places';

/** Milliseconds of stillness after which what was typed is looked for. */
const TYPING = 120;
/** And after which what it means is looked for. */
const RESTING = 450;

export function Search() {
  const { place, search } = useRoute();
  const filter = place.name === 'sessions' ? readFilter(search) : readFilter('');
  const [text, setText] = useState(filter.q);
  const [known, setKnown] = useState(filter.q);
  const [asked, setAsked] = useState('');
  const [rested, setRested] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<number | undefined>(undefined);
  const rest = useRef<number | undefined>(undefined);
  const list = useId();
  if (filter.q !== known) {
    // The address moved without us: going back, or "Show all".
    setKnown(filter.q);
    setText(filter.q);
  }
  const result = useSearch(open ? asked : '');
  // What it means is looked for once somebody stops typing: half a word means nothing.
  const near = useSearch(open ? rested : '', 'meaning');
  // The shelf itself shows the titles that match, where it is in sight.
  const shelf = place.name === 'sessions';
  const groups = useMemo(() => grouped((result.data?.hits ?? []).filter((hit) => !shelf || hit.kind !== 'title')), [result.data, shelf]);
  const close = useMemo(() => others(near.data?.hits ?? [], result.data?.hits ?? []), [near.data, result.data]);
  const closeGroups = useMemo(() => grouped(close.filter((hit) => !shelf || hit.kind !== 'title')), [close, shelf]);
  const hits = useMemo(() => [...groups, ...closeGroups].flatMap((group) => group.hits), [groups, closeGroups]);
  useEffect(() => {
    const slash = (event: globalThis.KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest(TEXT_FIELDS);
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', slash);
    return () => {
      window.removeEventListener('keydown', slash);
      window.clearTimeout(timer.current);
      window.clearTimeout(rest.current);
    };
  }, []);
  const places = { hits, active, list, onFollow: () => setOpen(false) };
  const narrow = (q: string) => {
    setKnown(q.trim());
    go(writeFilter({ ...filter, q: q.trim() }), { replace: place.name === 'sessions' });
  };
  const type = (q: string) => {
    setText(q);
    setOpen(q.trim() !== '');
    setActive(-1);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setAsked(q);
      if (place.name === 'sessions') narrow(q);
    }, TYPING);
    setRested('');
    window.clearTimeout(rest.current);
    rest.current = window.setTimeout(() => setRested(q), RESTING);
  };
  const follow = (hit: Hit) => {
    setOpen(false);
    field.current?.blur();
    go(addressOfHit(hit));
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = hits[active];
    if (by !== undefined && open && hits.length > 0) {
      const next = (active + by + hits.length + (active < 0 && by < 0 ? 1 : 0)) % hits.length;
      setActive(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      window.clearTimeout(timer.current);
      if (open && chosen) follow(chosen);
      else {
        setOpen(false);
        narrow(text);
      }
    } else if (event.key === 'Escape') {
      if (open) setOpen(false);
      else field.current?.blur();
    } else return;
    event.preventDefault();
  };
  return (
    // What was found goes when the focus does; its parts are interactive by themselves.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="search-box" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}>
      <label className="field search">
        <Icon sign="search" />
        <input
          ref={field}
          type="search"
          role="searchbox"
          value={text}
          placeholder="Search everything"
          aria-label="Search everything"
          aria-describedby={open && (!shelf || hits.length > 0) ? `${list}-said` : undefined}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => type(event.currentTarget.value)}
          onFocus={() => setOpen(asked !== '' && text === asked)}
          onKeyDown={press}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      {open && (!shelf || hits.length > 0) && (
        // Pressing here keeps the focus in the field; its links are reached by the arrows.
        // eslint-disable-next-line jsx-a11y/no-static-element-interactions
        <div className="hits" onMouseDown={(event) => event.preventDefault()}>
          <p id={`${list}-said`} className="ink-3 t-12 hits-said" role="status">
            {result.isError
              ? `${asProblem(result.error).body.detail} ${asProblem(result.error).body.hint}`
              : result.data === undefined
                ? 'Looking'
                : result.data.total === 0
                  ? close.length > 0
                    ? 'Nobody says it in these words.'
                    : 'Nobody says it, and no title has it.'
                  : result.data.total > MOST
                    ? `${count(result.data.total, 'place')}; the best ${MOST} are here.`
                    : count(result.data.total, 'place')}
          </p>
          <Places groups={groups} {...places} />
          {closeGroups.length > 0 && (
            <section aria-labelledby={`${list}-close`}>
              <p id={`${list}-close`} className="ink-3 t-12 hits-said">
                Means something like it
              </p>
              <Places groups={closeGroups} {...places} />
            </section>
          )}
          {near.data?.note && <p className="ink-3 t-12 hits-said">{near.data.note}</p>}
        </div>
      )}
    </div>
  );
}
