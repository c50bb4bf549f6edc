/** What is said in a session: read, corrected, heard again. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, told } from './client';
import { useSteps } from './enrichment';
import { keys } from './keys';
import type { Transcript } from './types';

export const ENDINGS = ['srt', 'vtt', 'txt', 'md', 'json'] as const;
export type Ending = (typeof ENDINGS)[number];

const base = (id: string) => `/api/sessions/${encodeURIComponent(id)}/transcript`;

/** A transcript as a file. `line` is the longest line in characters; null leaves it to the format. */
export function transcriptAddress(id: string, ending: Ending, version: number, line: number | null): string {
  if (ending === 'json') return `${base(id)}?version=${version}`;
  return `${base(id)}.${ending}?version=${version}${line === null ? '' : `&line=${line}`}`;
}

/** One version: it never changes, newer ones come beside it. */
export function useTranscript(id: string, version: number | null) {
  return useQuery<Transcript>({
    queryKey: keys.transcript(id, version ?? 0),
    enabled: version !== null,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      told(await api.GET('/api/sessions/{session}/transcript', { params: { path: { session: id }, query: { version } }, signal })),
  });
}

export interface Again {
  start: number | null;
  end: number | null;
  model: string | null;
  language: string | null;
  /** How many people speak; null: as around it, or as in the settings. */
  speakers: number | null;
}

export interface Written {
  start: number;
  end: number;
  text: string;
  speaker: string | null;
}

export function useTranscriptRequests(id: string) {
  const client = useQueryClient();
  const at = { params: { path: { session: id } } };
  const { look, changed } = useSteps(id);
  return {
    look,
    /** Refused with 409 where a newer version than `basedOn` has come meanwhile. */
    correct: async (basedOn: number, segments: Written[]): Promise<Transcript> => {
      const after = told(await api.PATCH('/api/sessions/{session}/transcript', { ...at, body: { based_on: basedOn, segments } }));
      client.setQueryData(keys.transcript(id, after.version), after);
      await changed();
      return after;
    },
    again: async (wish: Again): Promise<void> => {
      told(await api.POST('/api/sessions/{session}/transcript/again', { ...at, body: wish }));
      await look();
    },
  };
}
