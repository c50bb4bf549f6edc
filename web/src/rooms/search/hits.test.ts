import { expect, test } from 'vitest';
import type { Hit } from '../../api/types';
import { grouped, others } from './hits';

const hit = (session: string, start: number, kind = 'transcript'): Hit => ({ session, title: session, kind, start, text: '', pieces: [] });

test('sessions come in the order of their best hits', () => {
  const hits = [hit('b', 1), hit('a', 5), hit('b', 9)];
  expect(grouped(hits)).toEqual([
    { session: 'b', title: 'b', hits: [hits[0], hits[2]] },
    { session: 'a', title: 'a', hits: [hits[1]] },
  ]);
});

test('a place that is shown already is not shown again, whatever says it', () => {
  const known = [hit('a', 65), hit('a', 0, 'title')];
  const elsewhere = [hit('a', 0), hit('b', 65), hit('a', 90)];
  expect(others([...elsewhere, hit('a', 50, 'summary'), hit('a', 65), hit('a', 0, 'title')], known)).toEqual(elsewhere);
});
