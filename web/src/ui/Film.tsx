/** A film drawn from its sprite: a picture, its strip, and the picture under the pointer. */
import { useState, type CSSProperties, type PointerEvent, type ReactNode } from 'react';
import { stripAddress } from '../api/media';
import type { Session, Strip } from '../api/types';
import { clock } from '../state/words';

/** Which tile shows the moment at `fraction` of the film. */
export function tileAt(strip: Strip, fraction: number): number {
  return Math.min(strip.count - 1, Math.max(0, Math.floor(fraction * strip.count)));
}

export function tileStyle(session: string, strip: Strip, tile: number): CSSProperties {
  const column = tile % strip.columns;
  const row = Math.floor(tile / strip.columns);
  const part = (n: number, of: number) => `${of > 1 ? (n / (of - 1)) * 100 : 0}%`;
  return {
    backgroundImage: `url("${stripAddress(session, strip)}")`,
    backgroundSize: `${strip.columns * 100}% ${strip.rows * 100}%`,
    backgroundPosition: `${part(column, strip.columns)} ${part(row, strip.rows)}`,
  };
}

const SHOTS = 8;

interface StripProps {
  session: Session;
  /** 0 to 1 while the film is made or worked on; the strip is also the bar. */
  progress?: number;
  how?: 'developing' | 'under' | 'failed';
  at?: number | null;
}

export function FilmStrip({ session, progress, how, at = null }: StripProps) {
  const strip = session.strip;
  const style = progress === undefined ? {} : { '--p': `${Math.round(progress * 1000) / 10}%` };
  return (
    <div className={`strip${how === 'failed' ? ' failed' : ''}`} aria-hidden="true" style={style}>
      {strip &&
        Array.from({ length: SHOTS }, (_, i) => (
          <i key={i} className="shot" style={tileStyle(session.id, strip, tileAt(strip, (i + 0.5) / SHOTS))} />
        ))}
      {(how === 'developing' || how === 'failed') && (
        <>
          <i className="developed" />
          <i className="edge" />
        </>
      )}
      {how === 'under' && <i className="under" />}
      {at !== null && <i className="head-line" style={{ '--x': `${at * 100}%` }} />}
    </div>
  );
}

interface FilmProps extends StripProps {
  children?: ReactNode;
}

/** The picture above its strip. `at` (0 to 1) is where the pointer is. */
export function Film({ session, children, at = null, ...rest }: FilmProps) {
  const strip = session.strip;
  return (
    <div className="film">
      <div className="poster">
        {strip ? (
          <div
            className="frame"
            role="img"
            aria-label={`A frame of ${session.title}`}
            style={tileStyle(session.id, strip, tileAt(strip, at ?? 0.12))}
          />
        ) : (
          <div className="no-frame" role="img" aria-label={`No picture of ${session.title} yet`} />
        )}
        {children}
        {strip && at !== null && (
          <span className="on-pic at" style={{ '--x': `${Math.min(0.93, Math.max(0.07, at)) * 100}%` }}>
            {clock(at * session.duration)}
          </span>
        )}
      </div>
      <FilmStrip session={session} {...rest} at={strip ? at : null} />
    </div>
  );
}

/** Where over a film the pointer is, for the part of a card that holds it. */
export function useStripPointer() {
  const [at, setAt] = useState<number | null>(null);
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (event.pointerType === 'touch') return;
    const box = event.currentTarget.querySelector('.film')?.getBoundingClientRect();
    if (box === undefined || event.clientY > box.bottom || event.clientX > box.right) setAt(null);
    else setAt(Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width)));
  };
  return { at, over: { onPointerMove, onPointerLeave: () => setAt(null) } };
}
