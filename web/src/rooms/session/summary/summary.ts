/** A summary: who made it, and what its owner makes of it. */
import type { SummaryText } from '../../../api/outline';
import type { Summary } from '../../../api/types';

/** Whether it says anything. */
export const isEmpty = ({ abstract, points, actions }: Pick<Summary, 'abstract' | 'points' | 'actions'>): boolean =>
  abstract === '' && points.length === 0 && actions.length === 0;

/** By whom it was made. A model behind an address is named with it: “small at http://…”. */
export function madeBy({ by, origin }: Pick<Summary, 'by' | 'origin'>): string {
  const made = by === 'extractive' ? 'Made of sentences that were said, on this machine' : `Written by ${by}`;
  return `${made}${origin === 'edited' ? '; edited by you' : ''}.`;
}

const line = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** As it is kept: each part in one line; points and actions without words are left out. */
export function tidy({ title, abstract, points, actions }: SummaryText): SummaryText {
  return {
    title: line(title),
    abstract: line(abstract),
    points: points.map((one) => ({ at: one.at, text: line(one.text) })).filter((one) => one.text !== ''),
    actions: actions
      .map((one) => ({ at: one.at, text: line(one.text), who: line(one.who ?? '') || null, when: line(one.when ?? '') || null }))
      .filter((one) => one.text !== ''),
  };
}
