/** Beside the film: its facts, and the files it was made of. */
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useAnalysis } from '../../api/media';
import type { WholeSession } from '../../api/types';
import { useNow } from '../../state/now';
import { useStore } from '../../state/store';
import { say } from '../../state/toasts';
import { clock, count, saved, size, spoken, took, when } from '../../state/words';
import { IconBtn } from '../../ui/parts';
import { CanvasPanel } from './canvas/CanvasPanel';
import { ChaptersPanel } from './chapters/ChaptersPanel';
import type { Player } from './player';
import { SummaryPanel } from './summary/SummaryPanel';
import { Tracks } from './Tracks';
import { TranscriptPanel } from './transcript/TranscriptPanel';

export function Side({ session, player, plays }: { session: WholeSession; player: Player; plays: boolean }) {
  return (
    <section className="side" aria-label="About this film">
      <Tabs className="side-tabs" defaultSelectedKey={session.film ? 'transcript' : 'facts'}>
        <TabList className="tabs" aria-label="About this film">
          <Tab id="transcript" className="tab">
            Transcript
          </Tab>
          <Tab id="chapters" className="tab">
            Chapters
          </Tab>
          <Tab id="summary" className="tab">
            Summary
          </Tab>
          <Tab id="canvas" className="tab">
            Canvas
          </Tab>
          <Tab id="facts" className="tab">
            Facts
          </Tab>
          <Tab id="files" className="tab">
            Files
            <span className="ink-3">{session.originals.length}</span>
          </Tab>
        </TabList>
        <TabPanel id="transcript" className="panel">
          <TranscriptPanel session={session} player={player} />
        </TabPanel>
        <TabPanel id="chapters" className="panel">
          <ChaptersPanel session={session} player={player} />
        </TabPanel>
        <TabPanel id="summary" className="panel">
          <SummaryPanel session={session} player={player} />
        </TabPanel>
        <TabPanel id="canvas" className="panel">
          <CanvasPanel session={session} player={player} />
        </TabPanel>
        <TabPanel id="facts" className="panel">
          <Facts session={session} player={player} />
        </TabPanel>
        <TabPanel id="files" className="panel">
          <Files session={session} player={player} plays={plays} />
        </TabPanel>
      </Tabs>
    </section>
  );
}

/** A path, and a way to take it along. */
function Path({ path }: { path: string }) {
  const copy = () => {
    navigator.clipboard.writeText(path).then(
      () => say({ text: 'The path is copied.' }),
      () => say({ text: 'The browser does not allow copying here.', more: path }),
    );
  };
  return (
    <span className="with-copy">
      <span className="path">{path}</span>
      <IconBtn label="Copy the path" sign="copy" onPress={copy} />
    </span>
  );
}

function Facts({ session, player }: { session: WholeSession; player: Player }) {
  const now = useNow(60_000);
  const width = useStore(player.state, (state) => state.width);
  const height = useStore(player.state, (state) => state.height);
  const { film, media_processing: making } = session;
  const time =
    making.started_at !== null && making.completed_at !== null
      ? (Date.parse(making.completed_at) - Date.parse(making.started_at)) / 1000
      : null;
  const { data: holds } = useAnalysis(session);
  const less = saved(session.compression_ratio);
  const rows: [string, React.ReactNode][] = [
    ['Recorded', when(new Date(session.started_at), now)],
    ['Length', clock(film?.duration ?? session.duration)],
    ['Picture', width && height ? `${width} × ${height}` : null],
    ['Sound', session.tracks.length > 1 ? <Tracks key="sound" session={session} /> : null],
    ['Originals', `${count(session.originals.length, 'file')}, ${size(session.original_size)}`],
    ['Film', film ? `${size(film.size)}${less ? `, ${less} of the original’s size` : ''}` : null],
    ['Loudness', holds?.sound ? loudnessOf(holds.sound.loudness) : null],
    ['Silence', holds?.sound ? silenceOf(holds.sound.silence) : null],
    ['Shrinking', session.optimising?.said ?? null],
    ['Made in', time !== null && time > 0 && film ? `${took(time)}${session.duration / time >= 1 ? `, ${Math.round(session.duration / time)} × real time` : ''}` : null],
    ['Saved as', film ? <Path key="film" path={film.path} /> : null],
    ['Folder', session.folder ? <Path key="folder" path={session.folder} /> : null],
  ];
  return (
    <>
      <dl className="facts">
        {rows
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {session.notes.length > 0 && (
        <>
          <h2 className="strong side-head">Worth knowing</h2>
          <ul className="notes">
            {session.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const decibels = (value: number): string => value.toFixed(1).replace('-', '−');

function loudnessOf({ integrated, true_peak: peak }: { integrated: number | null; true_peak: number | null }): string {
  if (integrated === null || peak === null) return 'Too quiet to measure';
  return `${decibels(integrated)} LUFS, peaks at ${decibels(peak)} dBTP`;
}

function silenceOf(stretches: readonly { start: number; end: number }[]): string {
  const whole = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
  return stretches.length === 0 ? 'None' : `${clock(whole)} in ${count(stretches.length, 'pause')}`;
}

const nameOf = (path: string): string => path.replace(/\\/g, '/').split('/').at(-1) ?? path;

function Files({ session, player, plays }: { session: WholeSession; player: Player; plays: boolean }) {
  const segments = new Set(session.segments.map((segment) => segment.path));
  const others = session.originals.filter((path) => !segments.has(path));
  return (
    <>
      {others.length > 0 && (
        <>
          <h2 className="side-head strong">Picture</h2>
          <ul className="files">
            {others.map((path) => (
              <li key={path}>
                <span className="cut" title={path}>
                  {nameOf(path)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {session.segments.length > 0 && (
        <>
          <h2 className="side-head strong">Sound</h2>
          <ul className="files">
            {session.segments.map((segment) => (
              <li key={segment.path}>
                {plays ? (
                  <button type="button" className="time" aria-label={`Go to ${spoken(segment.offset)}`} onClick={() => player.seek(segment.offset)}>
                    {clock(segment.offset)}
                  </button>
                ) : (
                  <span className="time">{clock(segment.offset)}</span>
                )}
                <span className="cut" title={segment.path}>
                  {segment.name}
                </span>
                <span className="ink-3">{clock(segment.duration)}</span>
                <span className="ink-3">{size(segment.size)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {session.originals.length === 0 && <p className="quiet">No file has come in yet.</p>}
    </>
  );
}
