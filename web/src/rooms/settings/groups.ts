/** The rows of the settings, in the order and words of the page. */
import type { Setting } from '../../api/types';
import { CHOOSING } from './model-words';

const TITLES: Readonly<Record<string, string>> = {
  merge: 'Make one film of each session',
  'film.height': 'Height of films',
  'film.rate': 'Frames a second',
  originals: 'Recordings',
  optimise: 'Make films smaller',
  'optimise.quality': 'How good they look then',
  'optimise.hardware': 'Use the graphics processor',
  enrich: 'Find out what is in sessions',
  'enrich.review': 'Transcripts',
  'enrich.chapters': 'Chapters',
  'enrich.summary': 'Summaries',
  'enrich.canvas': 'Canvases',
  'enrich.language': 'Language',
  'enrich.speakers': 'People who speak',
  'enrich.endpoint': 'Summaries by another model',
  'bin.days': 'Days in the bin',
  notify: 'Tell me about',
  'notify.quiet': 'Quiet hours',
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
  'film.height': 'Own keeps what was recorded. Write 720 for 720 rows; pictures with fewer rows stay as they are.',
  'film.rate': 'Own shows each frame at its own time. Write constant for one even rate near that, or a number such as 25.',
  originals: 'Once everything is made of a new recording, it can go into this computer’s bin. What another session uses stays.',
  optimise: 'In the background, once a film plays. What would look worse or hardly get smaller stays as it is.',
  'optimise.quality': 'Medium loses nothing that one sees while it plays. High is larger, low smaller.',
  'optimise.hardware': 'Faster where it works, but films get larger than they do without it.',
  merge: 'Off keeps the files of a session as they are.',
  notify: 'By this computer’s own notifications: what is ready and what failed, failures alone, or nothing.',
  'notify.quiet': 'Nothing is shown in them. What happened meanwhile is told once they are over.',
  'enrich.review': 'What is said, word by word. Summaries are made of it, and chapters are better with it.',
  'enrich.chapters': 'Where a recording turns to something else, and the text on its screen.',
  'enrich.summary': 'Key points, and what is to be done.',
  'enrich.canvas': 'One page to look at instead: pictures, quotes and numbers.',
  'enrich.speakers': 'With their number, each utterance says whose it is. Off leaves that out.',
  'enrich.endpoint': 'A model behind an address that speaks as OpenAI’s do, such as Ollama on this computer. What is said is sent there; leave it empty and nothing is.',
  'limit.ready': 'Making sessions ready to play.',
  'limit.video': 'Work that encodes the picture.',
  'limit.copy': 'Work that only copies, and files of the sound.',
  'limit.enrich': 'Transcripts, chapters, summaries and canvases.',
  'limit.light': 'Small work on finished films.',
};

export const helpOf = (setting: Setting): string => HELP[setting.name] ?? setting.help;

export interface Group {
  title: string;
  note: string;
  settings: Setting[];
}

export interface Hours {
  /** HH:MM, as the browser's own field for times has it. */
  from: string;
  to: string;
}

/** The hours in a value such as 22:00-07:00; null where there are none. */
export function hoursIn(value: string): Hours | null {
  const found = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(value);
  if (found === null) return null;
  const [, from, to] = found;
  return from && to ? { from, to } : null;
}

export const quietIn = ({ from, to }: Hours): string => `${from}-${to}`;

/** Groups by the first word of a setting's name; the rest are about sessions. */
const GROUPS = [
  { title: 'Smaller films', word: 'optimise', note: '' },
  { title: 'Enrichment', word: 'enrich', note: 'Everything is found out on this computer. Nothing is sent anywhere, unless you name a model elsewhere.' },
  { title: 'Notifications', word: 'notify', note: '' },
  { title: 'At a time', word: 'limit', note: 'How many jobs of a sort run side by side. Fewer leave more of this computer to you.' },
] as const;

const wordOf = (setting: Setting): string => setting.name.split('.')[0] ?? '';

export function groupsOf(all: readonly Setting[]): Group[] {
  // Models are chosen in their own list.
  const settings = all.filter(({ name }) => !CHOOSING.includes(name));
  const rest = settings.filter((setting) => !GROUPS.some((group) => group.word === wordOf(setting)));
  return [
    { title: 'Sessions', note: '', settings: rest },
    ...GROUPS.map(({ title, word, note }) => ({ title, note, settings: settings.filter((setting) => wordOf(setting) === word) })),
  ].filter((group) => group.settings.length > 0);
}
