/** Beside the film: its chapters, which lead to where they begin, and which their owner edits. */
import { useEffect, useRef, useState } from 'react';
import { useChapters, useOutlineRequests, type Chapter } from '../../../api/outline';
import type { Chapters, WholeSession } from '../../../api/types';
import { attempt, say, sayProblem } from '../../../state/toasts';
import { useStore } from '../../../state/store';
import { clock, count } from '../../../state/words';
import { IconBtn } from '../../../ui/parts';
import { GiveMenu } from '../found/GiveMenu';
import { Reading } from '../found/Reading';
import { useAsk } from '../found/Standing';
import { foundOrEdited, UseIt, Versions } from '../found/Versions';
import type { Player } from '../player';
import { added, canBegin, chapterAt, moved, removed, renamed } from './chapters';
import { ChapterEditor } from './ChapterEditor';

export function ChaptersPanel({ session, player }: { session: WholeSession; player: Player }) {
  return (
    <Reading session={session} step="chapters" what="the chapters" useVersion={useChapters}>
      {(found, latest, choose) => <List session={session} player={player} found={found} latest={latest} onChoose={choose} />}
    </Reading>
  );
}

/** What is being edited: the chapter that began there, of which version; null for whichever is the newest. */
interface Draft {
  start: number;
  basedOn: number | null;
}

interface ListProps {
  session: WholeSession;
  player: Player;
  /** The version that is looked at. */
  found: Chapters;
  latest: Chapters;
  onChoose: (version: number | null) => void;
}

function List({ session, player, found, latest, onChoose }: ListProps) {
  const { chapters, version } = found;
  const [editing, setEditing] = useState(false);
  const [draft, setDraft] = useState<Draft | null>(null);
  // Wherever a newer version puts it.
  const open = draft === null ? null : Math.max(0, chapterAt(chapters, draft.start));
  const current = useStore(player.state, (now) => chapterAt(chapters, now.time));
  const here = useStore(player.state, (now) => canBegin(chapters, now.time));
  const requests = useOutlineRequests(session.id);
  const askAgain = useAsk(session, 'chapters');
  const box = useFollowing(current, open === null);
  const isNewest = version === latest.version;

  /** Keep them; what was there before is one press away. */
  const keep = async (next: readonly Chapter[], words: string, basedOn = latest.version): Promise<void> => {
    const after = await requests.editChapters(basedOn, next);
    onChoose(null);
    say({
      text: words,
      act: {
        word: 'Undo',
        run: () => attempt(requests.editChapters(after.version, latest.chapters)),
      },
    });
  };
  const change = (next: readonly Chapter[], words: string) =>
    void keep(next, words).catch((error: unknown) => {
      sayProblem(error);
      void requests.look();
    });
  const add = () => {
    const at = player.now();
    if (!canBegin(chapters, at)) return;
    const next = added(chapters, at, `Chapter at ${clock(at)}`);
    void keep(next, `A chapter begins at ${clock(at)}.`).then(() => {
      setEditing(true);
      setDraft({ start: at, basedOn: null });
    }, sayProblem);
  };
  return (
    <section className="words" aria-label="Chapters">
      <div className="find">
        <span className="ink-3 t-12 grow">
          {count(chapters.length, 'chapter')}
          {found.origin === 'edited' && ', edited'}
        </span>
        <IconBtn label="Begin a chapter here" sign="plus" isDisabled={!isNewest || !here} onPress={add} />
        <IconBtn
          label={editing ? 'Done with editing' : 'Edit the chapters'}
          sign={editing ? 'check' : 'pencil'}
          isDisabled={!isNewest}
          onPress={() => {
            setEditing(!editing);
            setDraft(null);
          }}
        />
        <GiveMenu
          session={session}
          kind="chapters"
          version={version}
          copies={[['txt', 'Copy for YouTube']]}
          saves={[
            ['txt', 'Save for YouTube (text)'],
            ['vtt', 'Save as WebVTT'],
            ['json', 'Save as JSON'],
          ]}
          again="Find them again"
          onAgain={askAgain}
        />
      </div>
      <Versions
        versions={latest.versions}
        by={foundOrEdited}
        chosen={version}
        newest={latest.version}
        onChoose={(next) => {
          setEditing(false);
          setDraft(null);
          onChoose(next);
        }}
      >
        <UseIt onTake={() => change(chapters, `Version ${version} is in use again.`)} />
      </Versions>
      {found.notes.map((note) => (
        <p key={note} className="note ink-2">
          {note}
        </p>
      ))}
      {/* A list that scrolls takes the focus, so that keys scroll it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="transcript" role="region" aria-label="List of chapters" tabIndex={0} ref={box}>
        <ol className="chapter-list">
          {chapters.map((one, n) => (
            <li key={`${one.start} ${n}`} className={`said${n === current ? ' now' : ''}`} {...(n === current ? { 'aria-current': true } : {})}>
              <button type="button" className="time" aria-label={`Go to ${clock(one.start)}, ${one.title}`} onClick={() => player.seek(one.start)}>
                {clock(one.start)}
              </button>
              {open === n && isNewest ? (
                <ChapterEditor
                  chapters={chapters}
                  n={n}
                  player={player}
                  onSave={async (title, start) => {
                    const next = renamed(start === null ? chapters : moved(chapters, n, start), n, title);
                    await keep(next, `“${title}” is kept.`, draft?.basedOn ?? latest.version);
                    setDraft(null);
                  }}
                  onLook={async () => {
                    // They know now that it changed: the next time theirs is put there.
                    const basedOn = await requests.newest('chapters');
                    setDraft((now) => now && { ...now, basedOn });
                  }}
                  onClose={() => setDraft(null)}
                />
              ) : (
                <p dir="auto">{one.title}</p>
              )}
              {editing && open !== n && (
                <span className="said-acts">
                  <IconBtn label={`Edit the chapter at ${clock(one.start)}`} sign="pencil" onPress={() => setDraft({ start: one.start, basedOn: latest.version })} />
                  <IconBtn
                    label={`Remove the chapter at ${clock(one.start)}`}
                    sign="trash"
                    isDisabled={chapters.length < 2}
                    onPress={() => {
                      setDraft(null);
                      change(removed(chapters, n), `“${one.title}” is removed.`);
                    }}
                  />
                </span>
              )}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

/** A list that keeps the current row in sight. */
function useFollowing(current: number, on: boolean) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const list = box.current;
    const row = list?.querySelector('[aria-current]');
    if (!on || !list || !row) return;
    const [around, at] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
    // Only the list moves: the page stays where its reader has it.
    if (at.top < around.top || at.bottom > around.bottom) list.scrollTop += at.top - around.top - around.height / 3;
  }, [current, on]);
  return box;
}
