/** The sessions themselves. Only the rows near the window exist, so that thousands cost nothing. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { Sort } from '../../api/keys';
import type { Session } from '../../api/types';
import type { Density } from '../../state/look';
import { Card } from './Card';
import { columnsIn, rowsOf } from './shelf-rows';

interface Props {
  sessions: readonly Session[];
  now: Date;
  sort: Sort;
  density: Density;
  more: boolean;
  onMore: () => void;
}

const NARROW = 640;

/** The width that the cards have, as it changes. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, top: 0, gutter: 24 });
  useLayoutEffect(() => {
    const node = box.current;
    if (node === null) return;
    const measure = () => {
      const gutter = parseFloat(getComputedStyle(node).paddingLeft) || 0;
      setSize({ width: node.clientWidth - 2 * gutter, top: node.getBoundingClientRect().top + window.scrollY, gutter });
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(node);
    return () => watch.disconnect();
  }, []);
  return { box, ...size };
}

export function Shelf({ sessions, now, sort, density, more, onMore }: Props) {
  const { box, width, top } = useWidth();
  const narrow = width > 0 && width <= NARROW - 32;
  const columns = density === 'list' || narrow ? 1 : columnsIn(width);
  const rows = useMemo(() => rowsOf(sessions, columns, sort, now), [sessions, columns, sort, now]);
  const card = (width - (columns - 1) * 20) / columns;
  const tall = narrow ? 116 : density === 'list' ? 57 : card * (9 / 16 + 8.5 / 120) + 92;
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.kind === 'day' ? 40 : tall),
    getItemKey: (index) => rows[index]?.key ?? index,
    scrollMargin: top,
    overscan: density === 'list' ? 12 : 3,
  });
  useEffect(() => virtual.measure(), [virtual, tall]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 8) onMore();
  }, [more, last, rows.length, onMore]);

  return (
    // The arrows are a second way: every card is a link that Tab reaches.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={box} className="shelf" onKeyDown={(event) => moveBetweenCards(event, columns)}>
      <div className="shelf-length" style={{ height: virtual.getTotalSize() }}>
        {width > 0 &&
          items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="shelf-row"
                style={{ transform: `translateY(${item.start - top}px)` }}
              >
                {row.kind === 'day' ? (
                  <h2 className="day">
                    {row.day.title} {row.day.more && <span>{row.day.more}</span>}
                  </h2>
                ) : (
                  <ul className="cards" style={{ '--columns': columns }}>
                    {row.sessions.map((session) => (
                      <Card key={session.id} session={session} now={now} />
                    ))}
                  </ul>
                )}
              </div>
            );
          })}
      </div>
    </div>
  );
}

/** Arrow keys go from card to card. */
function moveBetweenCards(event: KeyboardEvent<HTMLElement>, columns: number): void {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement) || event.target.dataset['card'] === undefined) return;
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-card]')];
  const to = cards[cards.indexOf(event.target) + step];
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
}
