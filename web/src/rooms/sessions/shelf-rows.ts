/** From a list of sessions to the rows of the page: headings by day, and as many cards as fit. */
import type { Session } from '../../api/types';
import type { Sort } from '../../api/keys';
import { dayOf, type Day } from '../../state/words';

export type Row = { kind: 'day'; key: string; day: Day } | { kind: 'cards'; key: string; sessions: Session[] };

export function rowsOf(sessions: readonly Session[], columns: number, sort: Sort, now: Date): Row[] {
  const rows: Row[] = [];
  let day: string | null = null;
  let row: Session[] = [];
  const close = () => {
    const first = row[0];
    if (first !== undefined) rows.push({ kind: 'cards', key: first.id, sessions: row });
    row = [];
  };
  for (const session of sessions) {
    if (sort !== 'title') {
      // New is what came in last, whenever it was recorded.
      const here = dayOf(new Date(sort === 'recorded' ? session.started_at : session.created_at), now);
      if (here.id !== day) {
        close();
        day = here.id;
        rows.push({ kind: 'day', key: `day-${here.id}-${rows.length}`, day: here });
      }
    }
    row.push(session);
    if (row.length === columns) close();
  }
  close();
  return rows;
}

const CARD = 264;
const GAP = 20;

/** How many cards of at least 264 pixels fit side by side. */
export const columnsIn = (width: number): number => Math.max(1, Math.floor((width + GAP) / (CARD + GAP)));
