/** One session: its film, its sound over time, its facts and files. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { asProblem, send } from '../../api/client';
import { usePlayback } from '../../api/media';
import { useNewestChapters } from '../../api/outline';
import { isGone, useSession } from '../../api/sessions';
import type { AudioChoice, WholeSession } from '../../api/types';
import { useLink } from '../../live/connection';
import { isMaking } from '../../state/job-words';
import { useNow } from '../../state/now';
import { addressOf, useRoute } from '../../state/route';
import { useStore, type Store } from '../../state/store';
import { clock, when } from '../../state/words';
import { Icon } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { Btn, Trouble } from '../../ui/parts';
import { useTitle } from '../../ui/useTitle';
import { Gone } from '../Gone';
import { SessionMenu } from '../SessionMenu';
import { Working } from './Working';
import { FilmGone, Recording, Unplayable } from './Cover';
import { usePlayerKeys } from './keys';
import { usePieces } from './pieces/usePieces';
import { newPlaying, usePlayer, type Player, type Playing } from './player';
import { claimsH264, showsNothing, takesPieces, versionOf, type Version } from './rendition';
import { Side } from './Side';
import { Stage } from './Stage';
import { Timeline } from './Timeline';
import { FilesStop, FromFiles } from './Unmerged';
import { leftAt, usePosition } from './usePosition';

export function SessionRoom({ id }: { id: string }) {
  const query = useSession(id);
  const session = query.data;
  useTitle(session?.title ?? 'Session');
  if (isGone(query.error)) return <Gone />;
  if (session !== undefined) return <Room session={session} />;
  if (query.error === null) return <Bones />;
  const { title, detail, hint } = asProblem(query.error).body;
  return (
    <main id="main" tabIndex={-1} className="in-page">
      <Trouble title={title} detail={detail} hint={hint}>
        <Btn sign="retry" onPress={() => void query.refetch()}>
          Try again
        </Btn>
      </Trouble>
    </main>
  );
}

/** What this browser was found to play; a wrong claim shows when the film is tried. */
function usePlayable(state: Store<Playing>, hasPicture: boolean): boolean {
  const [claimed] = useState(() => claimsH264());
  const [failed, setFailed] = useState(false);
  const trouble = useStore(state, (now) => now.unplayable || showsNothing(now.width, hasPicture));
  if (trouble && !failed) setFailed(true);
  return claimed && !failed;
}

/** What plays, held fast: a film that plays is never replaced under its player by a newer version. */
interface Choice {
  kind: 'film' | 'rendition';
  source: string;
  /** Of the film that was the session's then. */
  key: string;
  /** The sound that its owner had chosen then. */
  audio: AudioChoice;
  /** Counts fresh starts. */
  tries: number;
}

function useChoice(version: Version, audio: AudioChoice): [Choice | null, () => void] {
  const [choice, setChoice] = useState<Choice | null>(null);
  const wanted = version.kind === 'film' || version.kind === 'rendition' ? version : null;
  if (wanted !== null && wanted.kind !== choice?.kind) setChoice({ ...wanted, audio, tries: 0 });
  const again = useCallback(() => {
    if (wanted !== null) setChoice((now) => ({ ...wanted, audio, tries: (now?.tries ?? 0) + 1 }));
  }, [wanted, audio]);
  return [wanted === null ? null : choice, again];
}

function Room({ session }: { session: WholeSession }) {
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const [box, setBox] = useState<HTMLElement | null>(null);
  const [state] = useState(newPlaying);
  const playable = usePlayable(state, (session.strip?.count ?? 0) > 0);
  const [pieceable] = useState(() => takesPieces());
  const audio = session.options.audio ?? null;
  const version = versionOf(session, playable, pieceable);
  const [choice, again] = useChoice(version, audio);
  const { search } = useRoute();
  const [start] = useState(() => momentIn(search) ?? leftAt(session.id, Date.now()) ?? session.watched);
  const film = usePlayer(state, video, box, choice, start);
  const unmerged = version.kind === 'none' && session.status !== 'recording';
  const files = usePlayback(session.id, unmerged);
  const playback = (unmerged && files.data) || null;
  const pieces = usePieces(session.id, state, video, box, playback, start);
  const player = unmerged ? pieces.player : film;
  const plays = choice !== null || (playback !== null && pieces.hindrance?.stops === false);
  const gone = useStore(state, (now) => now.gone);
  const refused = useStore(state, (now) => now.refused);
  useReturn(gone, again);
  useLease(choice);
  useNewer(gone || (choice?.audio !== audio && !isMaking(session)), choice, version, again);
  const chapters = useNewestChapters(session);
  usePlayerKeys(player, plays, chapters);
  usePosition(session.id, start, player);
  useMoment(search, player);
  const lookAgain = () => void files.refetch();
  const cover =
    session.status === 'recording' ? (
      <Recording session={session} />
    ) : version.kind === 'unplayable' || refused !== null ? (
      <Unplayable session={session} refused={refused} onRetry={again} />
    ) : (unmerged && files.isError) || gone ? (
      <FilmGone onRetry={unmerged ? lookAgain : again} />
    ) : playback && pieces.hindrance?.stops ? (
      <FilesStop session={session} playback={playback} found={pieces.hindrance} onRetry={lookAgain} />
    ) : null;
  return (
    <main id="main" tabIndex={-1} className="room">
      <Head session={session} player={player} />
      <section className="stage" aria-label="Film">
        <Stage session={session} player={player} onVideo={setVideo} onBox={setBox} chapters={chapters} cover={cover} />
        {playback && pieces.hindrance && !cover && <FromFiles session={session} playback={playback} found={pieces.hindrance} />}
        {(session.film ?? plays) && <Timeline session={session} player={player} chapters={chapters} />}
        {plays && <Hints chapters={chapters.length > 1} />}
      </section>
      <Side session={session} player={player} plays={plays} />
    </main>
  );
}

/** The second that an address leads to: what was found is said there. */
function momentIn(search: string): number | null {
  const at = Number.parseFloat(new URLSearchParams(search).get('at') ?? '');
  return Number.isFinite(at) && at >= 0 ? at : null;
}

/** Go where the address leads, each time that it changes while the film is here. */
function useMoment(search: string, player: Player): void {
  const known = useRef(search);
  useEffect(() => {
    const at = momentIn(search);
    if (search !== known.current && at !== null) player.seek(at);
    known.current = search;
  }, [search, player]);
}

/** How often a version that may not be read for a while, since it is paused, says that it is held. */
const HELD_EVERY = 10 * 60_000;

/** Keep the version that plays from being removed when a smaller one takes its place. */
function useLease(choice: Choice | null): void {
  const held = choice?.kind === 'film' ? choice.source : null;
  useEffect(() => {
    if (held === null) return;
    const timer = window.setInterval(() => void send('HEAD', held).catch(() => undefined), HELD_EVERY);
    return () => window.clearInterval(timer);
  }, [held]);
}

/** A version that is gone because another took its place, or does not have the sound that was chosen:
 *  the other one plays instead. */
function useNewer(unwanted: boolean, choice: Choice | null, version: Version, again: () => void): void {
  const plays = version.kind === 'film' || version.kind === 'rendition' ? version : null;
  const newer = choice !== null && choice.kind === plays?.kind && choice.key !== plays.key;
  useEffect(() => {
    if (unwanted && newer) again();
  }, [unwanted, newer, again]);
}

/** A film that did not come because nobody answered is tried again when somebody does. */
function useReturn(gone: boolean, again: () => void): void {
  const link = useLink();
  const before = useRef(link);
  useEffect(() => {
    if (gone && link === 'live' && before.current !== 'live') again();
    before.current = link;
  }, [gone, link, again]);
}

function Head({ session, player }: { session: WholeSession; player: Player }) {
  const now = useNow(60_000);
  const height = useStore(player.state, (state) => state.height);
  const facts = [when(new Date(session.started_at), now), clock(session.film?.duration ?? session.duration), height ? `${height}p` : null];
  return (
    <div className="room-head">
      <Link className="btn plain crumb" aria-label="Sessions" href={addressOf.sessions}>
        <Icon sign="left" />
        <span className="wide-word">Sessions</span>
      </Link>
      <h1 className="strong cut" dir="auto" title={session.title}>
        {session.title}
      </h1>
      <span className="ink-3 t-12 wide facts-line">{facts.filter(Boolean).join(' · ')}</span>
      <span className="grow" />
      <span className="wide">
        <Working session={session} />
      </span>
      <SessionMenu session={session} leave />
    </div>
  );
}

function Hints({ chapters }: { chapters: boolean }) {
  const keys: [string, string][] = [
    ['Space', 'play'],
    ['J', 'back'],
    ['L', 'on'],
    ['<', 'slower'],
    ['>', 'faster'],
    ['+', 'zoom in'],
    ['−', 'zoom out'],
    ['F', 'full screen'],
    ...(chapters ? ([['B', 'chapter back'], ['N', 'next chapter']] satisfies [string, string][]) : []),
  ];
  return (
    <p className="key-hints" aria-hidden="true">
      {keys.map(([key, word]) => (
        <span key={key}>
          <kbd>{key}</kbd>
          {word}
        </span>
      ))}
    </p>
  );
}

function Bones() {
  return (
    <main id="main" tabIndex={-1} className="room" aria-busy="true">
      <div className="room-head">
        <div className="bone bone-title" role="status" aria-label="Reading the session" />
      </div>
      <div className="stage">
        <div className="player bone" />
        <div className="bone bone-wave" />
      </div>
      <div className="side" />
    </main>
  );
}
