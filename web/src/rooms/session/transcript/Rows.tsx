/** What is said, row by row: it follows the film until its reader scrolls, and leads to any word of it. */
import { memo, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import type { Utterance } from '../../../api/types';
import { useStore } from '../../../state/store';
import { clock } from '../../../state/words';
import { Btn, IconBtn } from '../../../ui/parts';
import type { Player } from '../player';
import { currentAt, cut, secondsAt, type Place } from './spoken';

interface Props {
  rows: readonly Utterance[];
  player: Player;
  places: readonly Place[];
  /** Number of the place that is looked at. */
  looked: number;
  /** The row that is corrected, and what it is corrected in. */
  open: { row: number; editor: ReactNode } | null;
  onCorrect: ((row: number) => void) | null;
  onAgain: (row: number) => void;
  onName: ((row: number) => void) | null;
}

const SCROLLS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' '];

export function Rows({ rows, player, places, looked, open, onCorrect, onAgain, onName }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const current = useStore(player.state, (now) => currentAt(rows, now.time));
  const leave = useCallback(() => setFollowing(false), []);
  const show = useCallback((selector: string) => {
    const list = box.current;
    const row = list?.querySelector(selector);
    if (!list || !row) return;
    const [around, at] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
    // Only the list moves: the page stays where its reader has it.
    if (at.top < around.top || at.bottom > around.bottom) list.scrollTop += at.top - around.top - around.height / 3;
  }, []);
  useEffect(() => {
    if (following && places.length === 0 && open === null) show('[aria-current]');
  }, [following, current, show, open, places]);
  useEffect(() => {
    if (places.length > 0) show('mark.looked');
  }, [places, looked, show]);
  const grouped = useMemo(() => {
    const found = new Map<number, { first: number; places: Place[] }>();
    places.forEach((place, n) => {
      const group = found.get(place.row);
      if (group === undefined) found.set(place.row, { first: n, places: [place] });
      else group.places.push(place);
    });
    return found;
  }, [places]);
  return (
    <div className="transcript-box">
      {/* A list that scrolls takes the focus, so that keys scroll it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={box}
        className="transcript"
        role="region"
        aria-label="What is said"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onWheel={leave}
        onTouchMove={leave}
        onPointerDown={(event) => event.target === event.currentTarget && leave()}
        onKeyDown={(event: KeyboardEvent) => event.target === event.currentTarget && SCROLLS.includes(event.key) && leave()}
      >
        {rows.map((row, n) =>
          open?.row === n ? (
            // What was typed stays, wherever a newer version puts it.
            <div key="open" className="said">
              <span className="time">{clock(row.start)}</span>
              {open.editor}
            </div>
          ) : (
            <Row
              key={`${row.start} ${n}`}
              n={n}
              row={row}
              goesOn={n > 0 && rows[n - 1]?.speaker === row.speaker}
              current={n === current}
              places={grouped.get(n)?.places ?? NOWHERE}
              first={grouped.get(n)?.first ?? 0}
              looked={looked}
              seek={player.seek}
              onCorrect={onCorrect}
              onAgain={onAgain}
              onName={onName}
            />
          ),
        )}
      </div>
      {!following && (
        <div className="follow">
          <Btn small onPress={() => setFollowing(true)}>
            Follow the film
          </Btn>
        </div>
      )}
    </div>
  );
}

const NOWHERE: readonly Place[] = [];

interface RowProps {
  n: number;
  row: Utterance;
  /** Whether the same speaker goes on: names stand where they change. */
  goesOn: boolean;
  current: boolean;
  places: readonly Place[];
  first: number;
  looked: number;
  seek: (seconds: number) => void;
  onCorrect: ((row: number) => void) | null;
  onAgain: (row: number) => void;
  onName: ((row: number) => void) | null;
}

/** How many letters of a paragraph lie before the pointer. */
function letterAt(event: MouseEvent<HTMLElement>): number {
  const { clientX: x, clientY: y } = event;
  const page: Partial<Pick<Document, 'caretPositionFromPoint' | 'caretRangeFromPoint'>> = document;
  const caret = page.caretPositionFromPoint?.(x, y);
  // Web views of before 2025 know only the other one.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const range = caret ? null : page.caretRangeFromPoint?.(x, y);
  const node = caret?.offsetNode ?? range?.startContainer;
  if (!node || !event.currentTarget.contains(node)) return 0;
  const before = document.createRange();
  before.setStart(event.currentTarget, 0);
  before.setEnd(node, caret?.offset ?? range?.startOffset ?? 0);
  return before.toString().length;
}

const Row = memo(function Row({ n, row, goesOn, current, places, first, looked, seek, onCorrect, onAgain, onName }: RowProps) {
  const go = (event: MouseEvent<HTMLElement>) => {
    // Words that were just selected are to be copied or heard again.
    if (window.getSelection()?.isCollapsed === false) return;
    seek(secondsAt(row, letterAt(event)));
  };
  const naming = `Name ${row.speaker ?? ''}, who speaks at ${clock(row.start)}`;
  return (
    <div className={`said${current ? ' now' : ''}`} data-row={n} {...(current ? { 'aria-current': true } : {})}>
      <button type="button" className="time" aria-label={`Go to ${clock(row.start)}`} onClick={() => seek(row.start)}>
        {clock(row.start)}
      </button>
      <div>
        {row.speaker && !goesOn && onName === null && (
          <span className="who" dir="auto">
            {row.speaker}
          </span>
        )}
        {row.speaker && !goesOn && onName && (
          <button type="button" className="who" dir="auto" aria-label={naming} onClick={() => onName(n)}>
            {row.speaker}
          </button>
        )}
        {/* The time beside it is the button for keys; here the pointer finds single words. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events */}
        <p dir="auto" onClick={go}>
          {places.length === 0
            ? row.text
            : cut(row.text, places, first).map((piece, at) =>
                piece.place === null ? (
                  piece.text
                ) : (
                  <mark key={at} className={piece.place === looked ? 'looked' : ''}>
                    {piece.text}
                  </mark>
                ),
              )}
        </p>
      </div>
      {onCorrect && (
        <span className="said-acts">
          {row.speaker && goesOn && onName && <IconBtn label={naming} sign="person" onPress={() => onName(n)} />}
          <IconBtn label={`Correct what is said at ${clock(row.start)}`} sign="pencil" onPress={() => onCorrect(n)} />
          <IconBtn label={`Hear ${clock(row.start)} again`} sign="retry" onPress={() => onAgain(n)} />
        </span>
      )}
    </div>
  );
});
