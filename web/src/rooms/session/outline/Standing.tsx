/** What stands in place of chapters or a summary: at work, failed, or not there yet and what to do. */
import { newestVersion, stepOf, useOutlineRequests, type OutlineKind } from '../../../api/outline';
import { useEnrichment } from '../../../api/transcript';
import type { WholeSession } from '../../../api/types';
import { attempt } from '../../../state/toasts';
import { Btn } from '../../../ui/parts';
import { Failed, isListening, Listening, saidBy } from '../transcript/Standing';

const WORDS = {
  chapters: {
    doing: 'Finding chapters',
    failed: 'Chapters could not be found',
    none: 'No chapters yet.',
    more: 'Rushes looks for them on this machine: where the topic, the picture or what is on screen changes.',
    begin: 'Find chapters',
    noFilm: 'Chapters are found in the film. There is none yet.',
  },
  summary: {
    doing: 'Summing up',
    failed: 'It could not be summed up',
    none: 'No summary yet.',
    more: 'Key points and what is to be done, each with the moment it comes from.',
    begin: 'Sum up',
    noFilm: 'A summary is made of what is said in the film. There is none yet.',
  },
} as const;

/** The step at work or failed; nothing otherwise. It stands above what was found before. */
export function StepAtWork({ session, kind }: { session: WholeSession; kind: OutlineKind }) {
  const job = stepOf(session, kind);
  if (job?.status === 'failed') return <Failed session={session} job={job} title={WORDS[kind].failed} />;
  return isListening(job) ? <Listening session={session} job={job} what={WORDS[kind].doing} /> : null;
}

/** What to ask for so that a step has what it builds on; what is there is not found out again. */
export function useAsk(session: WholeSession, kind: OutlineKind): () => void {
  const { data } = useEnrichment(session);
  const requests = useOutlineRequests(session.id);
  const builds = newestVersion(data, 'transcript') === null ? (['review'] as const) : [];
  const between = kind === 'summary' && newestVersion(data, 'chapters') === null ? (['chapters'] as const) : [];
  return () => attempt(requests.ask([...builds, ...between, kind]));
}

/** Nothing is there: why, and what brings it. */
export function NoOutline({ session, kind }: { session: WholeSession; kind: OutlineKind }) {
  const words = WORDS[kind];
  const ask = useAsk(session, kind);
  const job = stepOf(session, kind);
  const cancelled = job?.status === 'cancelled';
  if (session.film === null) return <p className="quiet">{words.noFilm}</p>;
  if (job?.status === 'failed' || isListening(job)) return <StepAtWork session={session} kind={kind} />;
  const lacking = saidBy(job);
  // Without what is said there is nothing to sum up: what that lacks is what is lacking.
  const before = lacking === null ? null : saidBy(stepOf(session, 'review'));
  return (
    <div className="none-yet">
      <p>{lacking ?? (cancelled ? 'You cancelled it.' : words.none)}</p>
      {before !== null && <p>{before}</p>}
      {lacking === null && <p className="ink-3">{words.more}</p>}
      <Btn look={lacking === null ? 'primary' : 'boxed'} onPress={ask}>
        {lacking === null ? words.begin : 'Try again'}
      </Btn>
    </div>
  );
}
