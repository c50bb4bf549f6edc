/** Beside the film: what is said in it. */
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranscript, useTranscriptRequests } from '../../../api/transcript';
import type { Transcript, WholeSession } from '../../../api/types';
import { say } from '../../../state/toasts';
import { clock, count } from '../../../state/words';
import { Icon } from '../../../ui/Icon';
import { Btn, IconBtn } from '../../../ui/parts';
import { Reading } from '../found/Reading';
import { Versions } from '../found/Versions';
import type { Player } from '../player';
import { AgainDialog, SaveDialog } from './Dialogs';
import { Editor } from './Editor';
import { Find } from './Find';
import { Rows } from './Rows';
import { SpeakerDialog, type Scope } from './Speaker';
import { currentAt, find, stretch } from './spoken';
import { Comparison } from './Comparison';

export function TranscriptPanel({ session, player }: { session: WholeSession; player: Player }) {
  return (
    <Reading session={session} step="transcript" what="what is said" useVersion={useTranscript}>
      {(found, latest, choose) => <Text session={session} player={player} transcript={found} latest={latest} onChoose={choose} />}
    </Reading>
  );
}

interface TextProps {
  session: WholeSession;
  player: Player;
  /** The version that is looked at. */
  transcript: Transcript;
  latest: Transcript;
  onChoose: (version: number | null) => void;
}

/** What is being corrected: where, what was said there at first, and of which version; null for whichever is the newest. */
interface Draft {
  start: number;
  before: string;
  basedOn: number | null;
}

/** Whose name is being given: where it was asked for, and who speaks there. */
interface Said {
  start: number;
  who: string;
}

function Text({ session, player, transcript, latest, onChoose }: TextProps) {
  const [words, setWords] = useState('');
  const [looked, setLooked] = useState(0);
  const [correcting, setCorrecting] = useState(false);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [naming, setNaming] = useState<Said | null>(null);
  const [comparing, setComparing] = useState(false);
  const [dialog, setDialog] = useState<'save' | { again: { start: number; end: number } | null } | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLElement>(null);
  const { segments, version } = transcript;
  const isNewest = version === latest.version;
  const places = useMemo(() => find(segments, words), [segments, words]);
  const requests = useTranscriptRequests(session.id);
  const place = Math.min(looked, Math.max(0, places.length - 1));
  const open = draft === null ? null : Math.max(0, currentAt(segments, draft.start));

  const save = async (text: string) => {
    const rows = segments.map(({ start, end, text: was, speaker }, n) => ({
      start,
      end,
      text: n === open ? text.trim() : was,
      speaker: speaker ?? null,
    }));
    await requests.correct(draft?.basedOn ?? version, rows.filter((row) => row.text !== ''));
    setDraft(null);
  };
  const rename = async (said: Said, name: string, scope: Scope) => {
    const here = currentAt(segments, said.start);
    const rows = segments.map(({ start, end, text, speaker }, n) => ({
      start,
      end,
      text,
      speaker: (scope === 'one' ? n === here : speaker === said.who) ? name || null : (speaker ?? null),
    }));
    await requests.correct(version, rows);
    setNaming(null);
  };
  const correct = (row: number) => {
    const { start = 0, text = '' } = segments[row] ?? {};
    setDraft({ start, before: text, basedOn: version });
  };
  const name = (row: number) => {
    const { start = 0, speaker } = segments[row] ?? {};
    if (speaker) setNaming({ start, who: speaker });
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== 'f' || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    field.current?.focus();
    field.current?.select();
  };
  const copy = () => {
    navigator.clipboard.writeText(transcript.segments.map((one) => (one.speaker ? `${one.speaker}: ${one.text}` : one.text)).join('\n')).then(
      () => say({ text: 'What is said is copied.' }),
      () => say({ text: 'The browser does not allow copying here.', more: 'Save it as a file instead.' }),
    );
  };
  return (
    // The keys are for what stands in it: fields and buttons.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="words" ref={list} aria-label="Transcript" onKeyDown={keys}>
      {segments.length > 0 && (
        <div className="find">
          <Find
            field={field}
            words={words}
            onWords={(next) => {
              setWords(next);
              setLooked(0);
            }}
            found={places.length}
            looked={place}
            onLook={setLooked}
          />
          <IconBtn
            label={correcting ? 'Done with correcting' : 'Correct the words'}
            sign={correcting ? 'check' : 'pencil'}
            isDisabled={!isNewest}
            onPress={() => setCorrecting(!correcting)}
          />
          <More
            onCopy={copy}
            onSave={() => setDialog('save')}
            onAgain={() => setDialog({ again: selected(list.current, segments) })}
          />
        </div>
      )}
      <Versions
        versions={latest.versions}
        by={(one) => (one.origin === 'edited' ? 'corrected' : (one.model ?? 'heard'))}
        chosen={version}
        newest={latest.version}
        onChoose={(next) => {
          setDraft(null);
          setCorrecting(false);
          if (next === null) setComparing(false);
          onChoose(next);
        }}
      >
        <Btn small onPress={() => setComparing(!comparing)} aria-pressed={comparing}>
          {comparing ? 'Show it alone' : 'Compare with the newest'}
        </Btn>
      </Versions>
      {transcript.notes.map((note) => (
        <p key={note} className="note ink-2">
          {note}
        </p>
      ))}
      {segments.length === 0 && (
        <div className="none-yet">
          <p>{transcript.speech.length === 0 ? 'Nobody speaks in this film.' : 'No word is written down.'}</p>
          <Btn onPress={() => setDialog({ again: null })}>Hear again</Btn>
        </div>
      )}
      {comparing && !isNewest ? (
        <Comparison id={session.id} before={transcript} newest={latest.version} player={player} />
      ) : (
        segments.length > 0 && (
          <Rows
            rows={segments}
            player={player}
            places={places}
            looked={place}
            open={
              open === null || draft === null
                ? null
                : {
                    row: open,
                    editor: (
                      <Editor
                        before={draft.before}
                        now={segments[open]?.text ?? ''}
                        onSave={save}
                        onLook={() => {
                          setDraft({ ...draft, basedOn: null });
                          void requests.look();
                        }}
                        onClose={() => setDraft(null)}
                      />
                    ),
                  }
            }
            onCorrect={correcting && isNewest ? correct : null}
            onAgain={(row) => setDialog({ again: stretch(segments, row, row) })}
            onName={isNewest ? name : null}
          />
        )
      )}
      {segments.length > 0 && <Figures figures={transcript.figures} language={transcript.language} />}
      {naming && (
        <SpeakerDialog
          before={naming.who}
          known={[...new Set(segments.map((one) => one.speaker))].filter((one) => typeof one === 'string')}
          onSave={(wanted, scope) => rename(naming, wanted, scope)}
          onLook={() => void requests.look()}
          onClose={() => setNaming(null)}
        />
      )}
      {dialog === 'save' && <SaveDialog session={session} version={version} onClose={() => setDialog(null)} />}
      {dialog !== null && dialog !== 'save' && <AgainDialog id={session.id} span={dialog.again} onClose={() => setDialog(null)} />}
    </section>
  );
}

/** The stretch over which words are selected. */
function selected(list: HTMLElement | null, rows: Transcript['segments']): { start: number; end: number } | null {
  const selection = window.getSelection();
  if (list === null || selection === null || selection.isCollapsed) return null;
  const rowOf = (node: Node | null) => {
    const element = node instanceof Element ? node : node?.parentElement;
    const row = element?.closest('[data-row]');
    return row && list.contains(row) ? Number(row.getAttribute('data-row')) : null;
  };
  const [first, last] = [rowOf(selection.anchorNode), rowOf(selection.focusNode)];
  return first === null || last === null ? null : stretch(rows, first, last);
}

function More({ onCopy, onSave, onAgain }: { onCopy: () => void; onSave: () => void; onAgain: () => void }) {
  return (
    <MenuTrigger>
      <Button className="icon" aria-label="More for the transcript">
        <Icon sign="more" />
      </Button>
      <Popover className="menu-box" placement="bottom end" offset={4}>
        <Menu className="menu">
          <MenuItem className="menu-item" onAction={onCopy}>
            <Icon sign="copy" /> Copy all
          </MenuItem>
          <MenuItem className="menu-item" onAction={onSave}>
            <Icon sign="download" /> Save as…
          </MenuItem>
          <MenuItem className="menu-item" onAction={onAgain}>
            <Icon sign="retry" /> Hear again…
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

const languages = new Intl.DisplayNames('en', { type: 'language' });

function Figures({ figures, language }: { figures: Transcript['figures']; language: string | null }) {
  const facts = [
    count(figures.words, 'word'),
    `${clock(figures.speaking)} spoken`,
    figures.words_per_minute > 0 ? `${figures.words_per_minute} a minute` : null,
    count(figures.pauses, 'pause'),
    figures.fillers > 0 ? count(figures.fillers, 'filler') : null,
    language === null ? null : languages.of(language),
  ];
  return <p className="word-figures ink-3 t-12">{facts.filter(Boolean).join(' · ')}</p>;
}
