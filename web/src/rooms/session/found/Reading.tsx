/** What was found out about a film, while it is read, where it cannot be, and where there is nothing. */
import { useState, type ReactNode } from 'react';
import type { UseQueryResult } from '@tanstack/react-query';
import { asProblem } from '../../../api/client';
import { newestOf, useEnrichment, type Step } from '../../../api/enrichment';
import type { WholeSession } from '../../../api/types';
import { Btn, Trouble } from '../../../ui/parts';
import { NoneYet, StepAtWork } from './Standing';

interface Props<T> {
  session: WholeSession;
  step: Step;
  /** "Reading" what. */
  what: string;
  /** One version of it. */
  useVersion: (id: string, version: number | null) => UseQueryResult<T>;
  /** The version that is looked at, and the newest one. */
  children: (found: T, latest: T, choose: (version: number | null) => void) => ReactNode;
}

export function Reading<T>({ session, step, what, useVersion, children }: Props<T>) {
  const enrichment = useEnrichment(session);
  const newest = newestOf(enrichment.data, step);
  const [chosen, setChosen] = useState<number | null>(null);
  const shown = useVersion(session.id, chosen ?? newest);
  const latest = useVersion(session.id, newest);
  const trouble = enrichment.error ?? shown.error;
  if (trouble) {
    const { title, detail, hint } = asProblem(trouble).body;
    return (
      <Trouble title={title} detail={detail} hint={hint}>
        <Btn small sign="retry" onPress={() => void (enrichment.error ? enrichment : shown).refetch()}>
          Try again
        </Btn>
      </Trouble>
    );
  }
  if (session.film !== null && (enrichment.isPending || (newest !== null && (shown.isPending || latest.isPending)))) {
    return <div className="bone bone-title" role="status" aria-label={`Reading ${what}`} />;
  }
  if (newest === null || !shown.data || !latest.data) return <NoneYet session={session} step={step} />;
  return (
    <>
      <StepAtWork session={session} step={step} />
      {children(shown.data, latest.data, setChosen)}
    </>
  );
}
