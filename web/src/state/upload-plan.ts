/** From what a person picked or dropped to what is sent, under which names. Pure. */

export interface Picked {
  file: File;
  /** Path below the picked folder, `Visit/audio/seg_001.m4a`; the name alone for a loose file. */
  path: string;
}

export interface UploadPlan {
  title: string;
  files: readonly { file: File; name: string }[];
  /** What a recorder says of them, which is sent last. */
  description: Picked | null;
  /** The name that each is sent under, by its path. */
  names: ReadonlyMap<string, string>;
  /** Paths of what is no recording, and stays where it is. */
  left: readonly string[];
}

const MEDIA = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|mts|m2ts|ts|mxf|3gp|ogv|wmv|flv|m4a|mp3|wav|wave|aac|flac|ogg|oga|opus|wma|aiff?|caf|mka|ac3|eac3)$/i;

const isMedia = (file: File, name: string): boolean => MEDIA.test(name) || /^(video|audio)\//.test(file.type);

const stem = (name: string): string => name.replace(/\.[^.]+$/, '');

/** Numbers in names count as numbers: seg_10 comes after seg_9. */
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The file in which recorders say what belongs where. */
export const DESCRIPTION = 'session.json';

const nameOf = (path: string): string => path.split('/').at(-1) ?? path;

export function planOf(picked: readonly Picked[]): UploadPlan {
  const left: string[] = [];
  const described = picked.filter(({ path }) => nameOf(path) === DESCRIPTION);
  const description = described.length === 1 ? (described[0] ?? null) : null;
  const media = picked.filter((one) => {
    const { file, path } = one;
    if (one === description) return false;
    const name = nameOf(path);
    const wanted = !name.startsWith('.') && isMedia(file, name) && file.size > 0;
    if (!wanted) left.push(path);
    return wanted;
  });
  const sorted = [...media].sort((a, b) => natural.compare(a.path, b.path));
  const taken = new Set<string>();
  const names = new Map(sorted.map(({ path }) => [path, nameFor(path, taken)]));
  const files = sorted.map(({ file, path }) => ({ file, name: names.get(path) ?? file.name }));
  return { title: titleOf(sorted), files, description, names, left };
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The description's text with the names under which its files are sent. What is not understood goes
 *  as it is: the backend says what is wrong with it. */
export function renamed(text: string, path: string, names: ReadonlyMap<string, string>): string {
  const folder = path.split('/').slice(0, -1).join('/');
  const sent = (file: unknown): unknown => {
    if (typeof file !== 'string') return file;
    const plain = file.replace(/^(\.\/)+/, '');
    // Files that were picked one by one have lost their folders.
    return names.get(folder === '' ? plain : `${folder}/${plain}`) ?? names.get(nameOf(plain)) ?? file;
  };
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return text;
  }
  if (!isObject(fields)) return text;
  const segments = fields['segments'];
  return JSON.stringify({
    ...fields,
    ...('video' in fields ? { video: sent(fields['video']) } : {}),
    ...(Array.isArray(segments) ? { segments: segments.map((one: unknown) => (isObject(one) ? { ...one, file: sent(one['file']) } : one)) } : {}),
  });
}

/** A plain name that is not taken yet: folders of the same file names do not write over each other. */
function nameFor(path: string, taken: Set<string>): string {
  const parts = path.split('/').filter(Boolean);
  const plain = (text: string) => text.replace(/[<>:"|?*\\/]/g, '_').replace(/^\.+/, '').replace(/[. ]+$/, '');
  let name = plain(parts.at(-1) ?? 'recording') || 'recording';
  for (let up = 2; taken.has(name.toLowerCase()) && up <= parts.length; up += 1) {
    name = parts.slice(-up).map(plain).join('_');
  }
  for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${n}_${plain(parts.at(-1) ?? 'recording')}`;
  taken.add(name.toLowerCase());
  return name;
}

function titleOf(media: readonly Picked[]): string {
  const first = media[0];
  if (first === undefined) return '';
  const folders = first.path.split('/').filter(Boolean);
  if (folders.length > 1) return folders[0] ?? '';
  const video = media.find(({ file }) => file.type.startsWith('video/')) ?? first;
  return stem(video.file.name);
}

/** Bytes of one piece; the backend takes no larger ones. */
export const PIECE = 8 * 1024 * 1024;

/** The piece of a file of `total` bytes that begins at `offset`, as `Content-Range` tells it. */
export function pieceAt(offset: number, total: number): { end: number; range: string } {
  const end = Math.min(total, offset + PIECE);
  return { end, range: `bytes ${offset}-${end - 1}/${total}` };
}
