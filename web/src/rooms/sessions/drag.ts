/** Dragging a film out of the page. Chromium saves what such an address names where it is dropped;
 *  every other browser drags the link to the session, as it does with any link. */
import { downloadAddress } from '../../api/media';
import type { Session } from '../../api/types';

/** What a system takes for a file's name, and what the address is told apart by. */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\s\u0000-\u001f<>:"/\\|?*]+/g;

export function carryFilm(session: Session, carried: DataTransfer): void {
  if (session.film === null) return;
  const name = session.title.replace(UNFIT, ' ').trim() || 'Film';
  const address = new URL(downloadAddress(session.id, session.film.key), window.location.href).href;
  carried.setData('DownloadURL', `video/mp4:${name}.mp4:${address}`);
}
