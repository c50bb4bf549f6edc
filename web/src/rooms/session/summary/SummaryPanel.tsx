/** Beside the film: what it comes to, each point with the moment that it comes from. */
import { useState } from 'react';
import { useOutlineRequests, useSummary, type SummaryText } from '../../../api/outline';
import type { Summary, WholeSession } from '../../../api/types';
import { attempt, say, sayProblem } from '../../../state/toasts';
import { clock } from '../../../state/words';
import { Btn, IconBtn } from '../../../ui/parts';
import { GiveMenu } from '../found/GiveMenu';
import { Reading } from '../found/Reading';
import { useAsk } from '../found/Standing';
import { foundOrEdited, UseIt, Versions } from '../found/Versions';
import type { Player } from '../player';
import { isEmpty, madeBy } from './summary';
import { SummaryEditor } from './SummaryEditor';

export function SummaryPanel({ session, player }: { session: WholeSession; player: Player }) {
  return (
    <Reading session={session} step="summary" what="the summary" useVersion={useSummary}>
      {(found, latest, choose) => <Whole session={session} player={player} found={found} latest={latest} onChoose={choose} />}
    </Reading>
  );
}

interface WholeProps {
  session: WholeSession;
  player: Player;
  /** The version that is looked at. */
  found: Summary;
  latest: Summary;
  onChoose: (version: number | null) => void;
}

function Whole({ session, player, found, latest, onChoose }: WholeProps) {
  const [editing, setEditing] = useState(false);
  const requests = useOutlineRequests(session.id);
  const askAgain = useAsk(session, 'summary');
  const isNewest = found.version === latest.version;

  const keep = async (next: SummaryText, basedOn: number, words: string): Promise<void> => {
    const after = await requests.editSummary(basedOn, next);
    onChoose(null);
    say({ text: words, act: { word: 'Undo', run: () => attempt(requests.editSummary(after.version, latest)) } });
  };
  const take = () =>
    void keep(found, latest.version, `Version ${found.version} is in use again.`).catch((error: unknown) => {
      sayProblem(error);
      void requests.look();
    });
  return (
    <section className="words" aria-label="Summary">
      <div className="find">
        <span className="ink-3 t-12 grow made-by">{!isEmpty(found) && madeBy(found)}</span>
        {!editing && (
          <>
            <IconBtn label="Edit the summary" sign="pencil" isDisabled={!isNewest} onPress={() => setEditing(true)} />
            <GiveMenu
              session={session}
              kind="summary"
              version={found.version}
              copies={[
                ['md', 'Copy as Markdown'],
                ['txt', 'Copy as text'],
              ]}
              saves={[
                ['md', 'Save as Markdown'],
                ['txt', 'Save as text'],
                ['json', 'Save as JSON'],
              ]}
              again="Sum up again"
              onAgain={askAgain}
            />
          </>
        )}
      </div>
      {!editing && (
        <Versions versions={latest.versions} by={foundOrEdited} chosen={found.version} newest={latest.version} onChoose={onChoose}>
          <UseIt onTake={take} />
        </Versions>
      )}
      {/* A text that scrolls takes the focus, so that keys scroll it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="transcript" role="region" aria-label="What it comes to" tabIndex={0}>
        {editing ? (
          <SummaryEditor
            summary={latest}
            player={player}
            onSave={async (next, basedOn) => {
              await keep(next, basedOn, 'The summary is kept.');
              setEditing(false);
            }}
            onLook={() => requests.newest('summary')}
            onClose={() => setEditing(false)}
          />
        ) : (
          <Text summary={found} player={player} onAgain={askAgain} />
        )}
      </div>
    </section>
  );
}

function Text({ summary, player, onAgain }: { summary: Summary; player: Player; onAgain: () => void }) {
  const { title, abstract, points, actions, notes } = summary;
  const moment = (at: number) => (
    <button type="button" className="time" aria-label={`Go to ${clock(at)}`} onClick={() => player.seek(at)}>
      {clock(at)}
    </button>
  );
  return (
    <div className="summary">
      {title && (
        <h2 className="t-15 strong" dir="auto">
          {title}
        </h2>
      )}
      {abstract && <p dir="auto">{abstract}</p>}
      {points.length > 0 && (
        <>
          <h2 className="strong side-head">Key points</h2>
          <ul>
            {points.map((one, n) => (
              <li key={n} className="said">
                {moment(one.at)}
                <p dir="auto">{one.text}</p>
              </li>
            ))}
          </ul>
        </>
      )}
      {actions.length > 0 && (
        <>
          <h2 className="strong side-head">To do</h2>
          <ul>
            {actions.map((one, n) => (
              <li key={n} className="said">
                {moment(one.at)}
                <div>
                  <p dir="auto">{one.text}</p>
                  {(one.who ?? one.when) && (
                    <span className="who" dir="auto">
                      {[one.who, one.when].filter(Boolean).join(' · ')}
                    </span>
                  )}
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      {notes.map((note) => (
        <p key={note} className="note ink-2" dir="auto">
          {note}
        </p>
      ))}
      {isEmpty(summary) && (
        <div className="none-yet">
          <p className="ink-3">Correct what is said, or hear it again with another model; then sum up again.</p>
          <Btn onPress={onAgain}>Sum up again</Btn>
        </div>
      )}
    </div>
  );
}
