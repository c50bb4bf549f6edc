/** Times, sizes and days, as a person reads them. */

/** 31:04, 1:08:40. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds + 1e-6)) : 0;
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** The same for a screen reader: "1 minute 4 seconds". */
export function spoken(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds + 1e-6)) : 0;
  const parts: string[] = [];
  const add = (n: number, word: string) => {
    if (n > 0) parts.push(`${n} ${word}${n === 1 ? '' : 's'}`);
  };
  add(Math.floor(whole / 3600), 'hour');
  add(Math.floor((whole % 3600) / 60), 'minute');
  add(whole % 60, 'second');
  return parts.join(' ') || '0 seconds';
}

/** How long something will take: 8 s, 4 min, 1 h 20 min. Rounded up, so that it does not lie. */
export function span(seconds: number): string {
  const s = Math.max(1, Math.ceil(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.ceil(s / 60)} min`;
  const minutes = Math.ceil(s / 60);
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  return m === 0 ? `${h} h` : `${h} h ${m} min`;
}

/** How long something took: 0.4 s, 12 s, 3 min 5 s. */
export function took(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const m = Math.floor(whole / 60);
  return m < 60 ? `${m} min ${whole % 60} s` : span(whole);
}

/** 412 MB. Decimal, as disks are sold and as most systems show them. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit < 2 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`;
}

export const percent = (fraction: number): string =>
  `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;

/** How much smaller the film is than what was recorded; null where it is not worth a word. */
export function saved(ratio: number | null): string | null {
  if (ratio === null || ratio > 0.95) return null;
  return `−${Math.round((1 - ratio) * 100)} %`;
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en-GB')} ${n === 1 ? one : many}`;

const DAY = 86_400_000;

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whole days between two dates, by the calendar: summer time does not shift them. */
export function daysBetween(date: Date, now: Date): number {
  return Math.round((startOfDay(now) - startOfDay(date)) / DAY);
}

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', options);
const TIME = format({ hour: '2-digit', minute: '2-digit' });
const LONG_DAY = format({ weekday: 'long', day: 'numeric', month: 'long' });
const WEEKDAY = format({ weekday: 'short' });
const MONTH = format({ month: 'long', year: 'numeric' });
const SHORT = format({ day: 'numeric', month: 'short' });
const SHORT_YEAR = format({ day: 'numeric', month: 'short', year: 'numeric' });

export interface Day {
  id: string;
  title: string;
  /** The date, where the title does not say it. */
  more: string;
}

/** The heading under which a session stands in a list by time. */
export function dayOf(date: Date, now: Date): Day {
  const days = daysBetween(date, now);
  if (days === 0) return { id: 'today', title: 'Today', more: LONG_DAY.format(date) };
  if (days === 1) return { id: 'yesterday', title: 'Yesterday', more: LONG_DAY.format(date) };
  if (days > 1 && days < 7) return { id: 'week', title: 'Earlier this week', more: '' };
  const title = MONTH.format(date);
  return { id: title, title, more: '' };
}

/** When a session was, as short as its place in the list allows. */
export function moment(date: Date, now: Date): string {
  const days = daysBetween(date, now);
  const time = TIME.format(date);
  if (days === 0 || days === 1) return time;
  if (days > 1 && days < 7) return `${WEEKDAY.format(date)} ${time}`;
  return (date.getFullYear() === now.getFullYear() ? SHORT : SHORT_YEAR).format(date);
}

/** today, 09:15 · yesterday, 22:10 · 3 May, 10:02. */
export function when(date: Date, now: Date): string {
  const days = daysBetween(date, now);
  const time = TIME.format(date);
  if (days === 0) return `today, ${time}`;
  if (days === 1) return `yesterday, ${time}`;
  return `${(date.getFullYear() === now.getFullYear() ? SHORT : SHORT_YEAR).format(date)}, ${time}`;
}

/** just now · 2 min ago · 3 h ago · yesterday · 3 May. */
export function ago(date: Date, now: Date): string {
  const s = (now.getTime() - date.getTime()) / 1000;
  if (s < 60) return 'just now';
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  const days = daysBetween(date, now);
  if (days === 0) return `${Math.floor(s / 3600)} h ago`;
  if (days === 1) return 'yesterday';
  return SHORT.format(date);
}
