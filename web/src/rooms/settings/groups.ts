/** The rows of the settings, in the order and words of the page. */
import type { Setting } from '../../api/types';

const TITLES: Readonly<Record<string, string>> = {
  merge: 'Make one film of each session',
  'bin.days': 'Days in the bin',
  'limit.ready': 'Films',
  'limit.video': 'Shrinking and exports',
  'limit.copy': 'Copies',
  'limit.enrich': 'Enrichment',
  'limit.light': 'Waveforms and thumbnails',
};

export function titleOf(name: string): string {
  const known = TITLES[name];
  if (known !== undefined) return known;
  const words = name.replace(/^limit\./, '').replace(/[._-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const HELP: Readonly<Record<string, string>> = {
  'bin.days': 'What you delete can be brought back for so long; then it is gone. Originals are not touched.',
  merge: 'Off keeps the files of a session as they are.',
  'limit.ready': 'Making sessions ready to play.',
  'limit.video': 'Work that encodes the picture.',
  'limit.copy': 'Work that only copies.',
  'limit.enrich': 'Transcripts, chapters and summaries.',
  'limit.light': 'Small work on finished films.',
};

export const helpOf = (setting: Setting): string => HELP[setting.name] ?? setting.help;

export interface Group {
  title: string;
  note: string;
  settings: Setting[];
}

export function groupsOf(settings: readonly Setting[]): Group[] {
  const limits = settings.filter((setting) => setting.name.startsWith('limit.'));
  const rest = settings.filter((setting) => !setting.name.startsWith('limit.'));
  return [
    { title: 'Sessions', note: '', settings: rest },
    { title: 'At a time', note: 'How many jobs of a sort run side by side. Fewer leave more of this computer to you.', settings: limits },
  ].filter((group) => group.settings.length > 0);
}
