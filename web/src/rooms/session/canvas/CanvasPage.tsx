/** The canvas itself: narrow beside the film, wide in a window of its own. */
import { useMemo } from 'react';
import { stillAddress } from '../../../api/canvas';
import type { Canvas } from '../../../api/types';
import { clock } from '../../../state/words';
import { abreast, bars, maker, numbers, shotsOf } from './drawn';
import { Quotes } from './Quotes';

type Seek = (seconds: number) => void;

interface Props {
  id: string;
  canvas: Canvas;
  onSeek: Seek;
  isEditing: boolean;
}

export function CanvasPage({ id, canvas, onSeek, isEditing }: Props) {
  const { chapters, shots } = canvas;
  const divided = chapters.length > 1;
  const by = maker(canvas);
  return (
    <article className="canvas" aria-label={`Canvas of ${canvas.title}`}>
      <header>
        <h2 className="t-20" dir="auto">
          {canvas.title}
        </h2>
        {canvas.about && (
          <p className="canvas-about ink-2" dir="auto">
            {canvas.about}
          </p>
        )}
        <dl className="canvas-numbers">
          {numbers(canvas).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </header>
      <Line canvas={canvas} onSeek={onSeek} />
      {canvas.abstract && (
        <p className="canvas-abstract" dir="auto">
          {canvas.abstract}
        </p>
      )}
      {divided ? (
        <section>
          <h3>Chapters</h3>
          <ol className={`canvas-cards in${abreast(chapters.length)}`}>
            {chapters.map((chapter, n) => (
              <li key={chapter.start}>
                <Shots id={id} shots={shotsOf(canvas, chapter).slice(0, 3)} onSeek={onSeek} />
                <p className="ink-3 t-12">
                  {n + 1} · <Time at={chapter.start} onSeek={onSeek} /> – {clock(chapter.end)}
                </p>
                <p className="strong" dir="auto">
                  {chapter.title}
                </p>
              </li>
            ))}
          </ol>
        </section>
      ) : (
        shots.length > 0 && (
          <section>
            <h3>Pictures</h3>
            <ol className={`canvas-cards in${abreast(shots.length)}`}>
              {shots.map((shot) => (
                <li key={shot.key}>
                  <Shots id={id} shots={[shot]} onSeek={onSeek} />
                </li>
              ))}
            </ol>
          </section>
        )
      )}
      <div className="canvas-columns">
        {canvas.points.length > 0 && (
          <section>
            <h3>Key points</h3>
            <ul className="canvas-list">
              {canvas.points.map((point, n) => (
                <li key={n}>
                  <Time at={point.at} onSeek={onSeek} />
                  <span dir="auto">{point.text}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <div>
          {canvas.actions.length > 0 && (
            <section>
              <h3>To do</h3>
              <ul className="canvas-list">
                {canvas.actions.map((action, n) => (
                  <li key={n}>
                    <Time at={action.at} onSeek={onSeek} />
                    <span dir="auto">
                      {action.text}
                      {(action.who ?? action.when) !== null && (
                        <span className="beside">{[action.who, action.when].filter(Boolean).join(' · ')}</span>
                      )}
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          )}
          <Quotes id={id} canvas={canvas} onSeek={onSeek} isEditing={isEditing} />
        </div>
      </div>
      {(canvas.notes.length > 0 || by !== null) && (
        <footer className="ink-3 t-12">
          {canvas.notes.map((note) => (
            <p key={note} dir="auto">
              {note}
            </p>
          ))}
          {by !== null && <p>{by}</p>}
        </footer>
      )}
    </article>
  );
}

export function Time({ at, onSeek }: { at: number; onSeek: Seek }) {
  return (
    <button type="button" className="time" aria-label={`Go to ${clock(at)}`} onClick={() => onSeek(at)}>
      {clock(at)}
    </button>
  );
}

/** The sound from the beginning to the end, and the chapters below it. */
function Line({ canvas, onSeek }: { canvas: Canvas; onSeek: Seek }) {
  const { wave, speech, chapters, duration } = canvas;
  const paths = useMemo(() => bars({ wave, speech, duration }), [wave, speech, duration]);
  if (wave.length === 0 && chapters.length < 2) return null;
  return (
    <div className="canvas-line">
      {wave.length > 0 && (
        <svg viewBox={`0 0 ${wave.length} 100`} preserveAspectRatio="none" role="img" aria-label="Loudness from the beginning to the end; speech is dark.">
          <path d={paths.other} />
          <path className="speech" d={paths.speech} />
        </svg>
      )}
      {chapters.length > 1 && (
        <ol className="canvas-parts">
          {chapters.map((chapter, n) => (
            <li key={chapter.start} style={{ flexGrow: chapter.end - chapter.start }}>
              <button type="button" title={chapter.title} aria-label={`Go to chapter ${n + 1}: ${chapter.title}`} onClick={() => onSeek(chapter.start)}>
                <b className="strong">{n + 1}</b> <span dir="auto">{chapter.title}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
      <p className="canvas-ends ink-3 t-12">
        <span>0:00</span>
        {wave.length > 0 && speech.length > 0 && (
          <span className="canvas-key">
            <i className="speech" /> speech <i /> other sound
          </span>
        )}
        <span>{clock(duration)}</span>
      </p>
    </div>
  );
}

function Shots({ id, shots, onSeek }: { id: string; shots: Canvas['shots']; onSeek: Seek }) {
  if (shots.length === 0) return null;
  return (
    <div className="canvas-shots">
      {shots.map((shot) => (
        <button key={shot.key} type="button" className="canvas-shot" aria-label={`Go to ${clock(shot.at)}: the picture there`} onClick={() => onSeek(shot.at)}>
          <img src={stillAddress(id, shot.key)} width={shot.width} height={shot.height} alt="" loading="lazy" decoding="async" />
          <span className="time-on">{clock(shot.at)}</span>
        </button>
      ))}
    </div>
  );
}
