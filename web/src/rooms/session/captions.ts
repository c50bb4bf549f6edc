/** Captions over the film: what is said, as the browser times it. On or off is remembered. */
import { useCallback, useState, type RefCallback } from 'react';
import { newestOf, useEnrichment } from '../../api/enrichment';
import { transcriptAddress } from '../../api/transcript';
import type { WholeSession } from '../../api/types';
import { keep, recall } from '../../state/kept';

export interface Captions {
  /** Whether anything was written down. */
  there: boolean;
  on: boolean;
  toggle: () => void;
  /** Address of the track that is shown; null while they are off. */
  source: string | null;
  /** What is said at this moment. */
  lines: string;
  onTrack: RefCallback<HTMLTrackElement>;
}

const shown = (track: TextTrack): string =>
  Array.from(track.activeCues ?? [])
    .map((cue) => ('getCueAsHTML' in cue ? (cue as VTTCue).getCueAsHTML().textContent : ''))
    .join('\n');

export function useCaptions(session: WholeSession): Captions {
  const version = newestOf(useEnrichment(session).data, 'transcript');
  const [wanted, setWanted] = useState(() => recall('captions') === 'on');
  const [lines, setLines] = useState('');
  const onTrack = useCallback((element: HTMLTrackElement | null) => {
    if (element === null) return undefined;
    const { track } = element;
    // Hidden to the browser, which would draw them behind the controls; the page draws them above.
    track.mode = 'hidden';
    const say = () => setLines(shown(track));
    track.addEventListener('cuechange', say);
    return () => {
      track.removeEventListener('cuechange', say);
      setLines('');
    };
  }, []);
  const toggle = () => {
    keep('captions', wanted ? null : 'on');
    setWanted(!wanted);
  };
  const on = wanted && version !== null;
  return {
    there: version !== null,
    on,
    toggle,
    source: on ? transcriptAddress(session.id, 'vtt', version, null) : null,
    lines,
    onTrack,
  };
}
