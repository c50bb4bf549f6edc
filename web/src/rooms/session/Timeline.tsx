/** The film's sound over its time. Click, drag or use the arrows to go there; zoom to see more of it. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useAnalysis } from '../../api/media';
import type { Chapter } from '../../api/outline';
import { newestOf, useEnrichment } from '../../api/enrichment';
import { useTranscript } from '../../api/transcript';
import type { Session, WholeSession } from '../../api/types';
import { clock, spoken } from '../../state/words';
import { useStore } from '../../state/store';
import { IconBtn } from '../../ui/parts';
import { ChapterRow } from './chapters/ChapterRow';
import { chapterAt } from './chapters/chapters';
import { Glimpse } from './Glimpse';
import type { Player } from './player';
import { secondsAt, usePinch, useView, useWheel, useZoomKeys, type Shown } from './useView';
import { useWave } from './useWave';
import { NOTCH, placeOf, type View } from './view';
import { HEIGHT, linesOf, marks, STEP, ticksOf } from './wave';

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const node = box.current;
    if (node === null) return;
    const watch = new ResizeObserver(() => setWidth(node.clientWidth));
    watch.observe(node);
    setWidth(node.clientWidth);
    return () => watch.disconnect();
  }, []);
  return { box, width };
}

/** Where a moment stands, as a share of the width. */
const across = (view: View, time: number): string => `${(placeOf(view, time) * 100).toFixed(3)}%`;

interface Props {
  session: WholeSession;
  player: Player;
  chapters: readonly Chapter[];
}

export function Timeline({ session, player, chapters }: Props) {
  const { box, width } = useWidth();
  const told = useStore(player.state, (now) => now.duration);
  const second = useStore(player.state, (now) => Math.floor(now.time));
  const duration = told || (session.film?.duration ?? session.duration);
  const shown = useView(duration, player);
  const { view } = shown;
  const bars = Math.max(40, Math.floor(width / STEP));
  const { data: holds } = useAnalysis(session);
  const { peaks, paths } = useWave(session, view, bars, holds?.sound?.silence);
  const changes = useMemo(() => ticksOf(holds?.picture?.changes ?? [], view, bars * STEP), [holds, view, bars]);
  const talk = useTranscript(session.id, newestOf(useEnrichment(session).data, 'transcript')).data?.speech;
  const speech = useMemo(() => linesOf(talk ?? [], view, bars * STEP), [talk, view, bars]);
  const [pointed, setPointed] = useState<number | null>(null);
  const ruler = useMemo(() => marks(view, Math.max(3, Math.floor(width / 110))), [view, width]);
  const head = usePlayhead(player, view);
  const pinch = usePinch(shown);
  useWheel(box, shown);
  useZoomKeys(shown);

  const keys = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -5, ArrowRight: 5, PageUp: 60, PageDown: -60 }[event.key];
    if (by !== undefined) player.by(event.shiftKey ? by * 6 : by);
    else if (event.key === 'Home') player.seek(0);
    else if (event.key === 'End') player.seek(duration);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="timeline" ref={box}>
      <div
        className="time-field"
        role="slider"
        tabIndex={0}
        aria-label="Waveform"
        aria-valuemin={0}
        aria-valuemax={Math.floor(duration)}
        aria-valuenow={Math.min(second, Math.floor(duration))}
        aria-valuetext={`${spoken(second)} of ${spoken(duration)}`}
        onKeyDown={keys}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          if (!pinch.begin(event)) player.seek(secondsAt(event.currentTarget, event.clientX, view));
        }}
        onPointerUp={pinch.end}
        onPointerCancel={pinch.end}
        onPointerLeave={() => setPointed(null)}
        onPointerMove={(event) => {
          const at = secondsAt(event.currentTarget, event.clientX, view);
          if (event.pointerType === 'mouse') setPointed(at);
          if (!pinch.move(event) && event.currentTarget.hasPointerCapture(event.pointerId)) player.seek(at);
        }}
      >
        <div className="ruler" aria-hidden="true">
          {ruler.map((at) => (
            <span key={at} style={{ '--x': across(view, at) }}>
              {clock(at)}
            </span>
          ))}
        </div>
        <div className="wave">
          {paths ? (
            <svg viewBox={`0 0 ${bars * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
              <path className="quiet" d={paths.quiet} />
              <path className="talk" d={paths.loud} />
            </svg>
          ) : (
            <p className="no-wave">{whyEmpty(session, peaks)}</p>
          )}
          {speech !== '' && (
            <svg className="speech" viewBox={`0 0 ${bars * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
              <path d={speech} />
            </svg>
          )}
          {changes !== '' && (
            <svg className="changes" viewBox={`0 0 ${bars * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
              <path d={changes} />
            </svg>
          )}
        </div>
        {pointed !== null && (session.strip ?? chapters.length > 0) && (
          <Glimpse
            session={session}
            time={pointed}
            duration={duration}
            at={across(view, pointed)}
            chapter={chapters[chapterAt(chapters, pointed)]?.title}
          />
        )}
        <i className="playhead" ref={head} />
        <b className="playhead-time" aria-hidden="true">
          {clock(second)}
        </b>
      </div>
      <ChapterRow chapters={chapters} player={player} view={view} width={width} />
      {paths && <Zoom shown={shown} duration={duration} />}
    </div>
  );
}

/** Which part is shown, to be moved; and the buttons. */
function Zoom({ shown, duration }: { shown: Shown; duration: number }) {
  const { view } = shown;
  const part = duration > 0 ? view.length / duration : 1;
  const zoomed = part < 1;
  const words = `${spoken(Math.round(view.start))} to ${spoken(Math.round(view.start + view.length))}`;
  return (
    <div className="zoom">
      <input
        type="range"
        className="part"
        aria-label="Part of the film that is shown"
        aria-valuetext={words}
        hidden={!zoomed}
        min={0}
        max={Math.max(duration - view.length, 0.001)}
        step={view.length / 10}
        value={view.start}
        onChange={(event) => shown.pan(Number(event.target.value) - view.start)}
        style={{ '--part': `${Math.max(4, part * 100).toFixed(2)}%` }}
      />
      {!zoomed && <span className="grow" />}
      <IconBtn label="Show the whole film" sign="whole" isDisabled={!zoomed} onPress={shown.all} />
      <IconBtn label="Zoom out" hotkey="-" sign="minus" isDisabled={!zoomed} onPress={() => shown.zoom(1 / NOTCH)} />
      <IconBtn label="Zoom in" hotkey="+" sign="plus" onPress={() => shown.zoom(NOTCH)} />
    </div>
  );
}

function whyEmpty(session: Session, peaks: { isLoading: boolean; isError: boolean }): string {
  if (session.film === null) return 'The waveform is drawn from the film. There is none yet.';
  if ((peaks.isLoading || !session.peaks) && !peaks.isError) return 'The waveform appears here when it is drawn.';
  return 'There is no waveform of this film.';
}

/** Moves the line with every frame that is shown, past React: sixty times a second is not its work. */
function usePlayhead(player: Player, view: View) {
  const head = useRef<HTMLElement>(null);
  useEffect(() => {
    let frame = 0;
    const place = () => {
      const x = placeOf(view, player.now());
      const field = head.current?.parentElement;
      // The time beside it follows by inheritance.
      field?.style.setProperty('--x', `${(x * 100).toFixed(3)}%`);
      field?.classList.toggle('beside', x < 0 || x > 1);
    };
    const run = () => {
      place();
      frame = !player.state.get().paused ? window.requestAnimationFrame(run) : 0;
    };
    const begin = () => {
      if (frame === 0) run();
    };
    begin();
    const stop = player.state.subscribe(begin);
    return () => {
      stop();
      window.cancelAnimationFrame(frame);
    };
  }, [player, view]);
  return head;
}
