/** The film's sound over its time. Click, drag or use the arrows to go there. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useAnalysis, usePeaks } from '../../api/media';
import type { Session } from '../../api/types';
import { clock, spoken } from '../../state/words';
import { useStore } from '../../state/store';
import { tileAt, tileStyle } from '../../ui/Film';
import type { Player } from './player';
import { HEIGHT, levels, marks, pathsOf, STEP, ticksOf, within } from './wave';

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

export function Timeline({ session, player }: { session: Session; player: Player }) {
  const { box, width } = useWidth();
  const told = useStore(player.state, (now) => now.duration);
  const second = useStore(player.state, (now) => Math.floor(now.time));
  const duration = told || (session.film?.duration ?? session.duration);
  const peaks = usePeaks(session);
  const bars = Math.max(40, Math.floor(width / STEP));
  const { data: holds } = useAnalysis(session);
  const paths = useMemo(() => {
    if (!peaks.data) return null;
    const silence = holds?.sound?.silence;
    return pathsOf(levels(peaks.data, bars), silence && duration > 0 ? within(silence, duration, bars) : undefined);
  }, [peaks.data, bars, holds, duration]);
  const changes = useMemo(
    () => (duration > 0 ? ticksOf(holds?.picture?.changes ?? [], duration, bars * STEP) : ''),
    [holds, duration, bars],
  );
  const [pointed, setPointed] = useState<number | null>(null);
  const ruler = useMemo(() => marks(duration, Math.max(3, Math.floor(width / 110))), [duration, width]);
  const head = usePlayhead(player, duration);

  const secondsAt = (event: PointerEvent<HTMLElement>) => {
    const at = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - at.left) / at.width)) * duration;
  };
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
          player.seek(secondsAt(event));
        }}
        onPointerLeave={() => setPointed(null)}
        onPointerMove={(event) => {
          if (event.pointerType === 'mouse') setPointed(secondsAt(event));
          if (event.currentTarget.hasPointerCapture(event.pointerId)) player.seek(secondsAt(event));
        }}
      >
        <div className="ruler" aria-hidden="true">
          {ruler.map((at) => (
            <span key={at} style={{ '--x': `${(at / duration) * 100}%` }}>
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
          {changes !== '' && (
            <svg className="changes" viewBox={`0 0 ${bars * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
              <path d={changes} />
            </svg>
          )}
        </div>
        {pointed !== null && session.strip && duration > 0 && (
          <div className="glimpse" aria-hidden="true" style={{ '--at': `${((pointed / duration) * 100).toFixed(2)}%` }}>
            <div
              style={{
                ...tileStyle(session.id, session.strip, tileAt(session.strip, pointed / duration)),
                aspectRatio: `${session.strip.tile_width} / ${session.strip.tile_height}`,
              }}
            />
            <span>{clock(pointed)}</span>
          </div>
        )}
        <i className="playhead" ref={head} />
        <b className="playhead-time" aria-hidden="true">
          {clock(second)}
        </b>
      </div>
    </div>
  );
}

function whyEmpty(session: Session, peaks: { isLoading: boolean; isError: boolean }): string {
  if (session.film === null) return 'The waveform is drawn from the film. There is none yet.';
  if ((peaks.isLoading || !session.peaks) && !peaks.isError) return 'The waveform appears here when it is drawn.';
  return 'There is no waveform of this film.';
}

/** Moves the line with every frame that is shown, past React: sixty times a second is not its work. */
function usePlayhead(player: Player, duration: number) {
  const head = useRef<HTMLElement>(null);
  useEffect(() => {
    let frame = 0;
    const place = () => {
      const x = duration > 0 ? Math.min(1, player.now() / duration) * 100 : 0;
      // The time beside it follows by inheritance.
      head.current?.parentElement?.style.setProperty('--x', `${x.toFixed(3)}%`);
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
  }, [player, duration]);
  return head;
}
