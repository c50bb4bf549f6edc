/** One file, piece by piece, through breaks: it goes on where the backend says it is. */
import { asProblem, Problem, send } from './client';
import { patience } from '../live/connection';
import { pieceAt } from '../state/upload-plan';

/** Breaks in a row after which a person should hear of it: about five minutes. */
const ENOUGH = 60;

interface Answer {
  offset: number;
  complete: boolean;
}

const sleep = (milliseconds: number) => new Promise<void>((done) => window.setTimeout(done, milliseconds));

export async function sendFile(session: string, name: string, file: File, tell: (sent: number) => void): Promise<void> {
  const address = `/api/sessions/${encodeURIComponent(session)}/segments/${encodeURIComponent(name)}`;
  let offset = 0;
  let breaks = 0;
  for (;;) {
    const { end, range } = pieceAt(offset, file.size);
    try {
      const response = await send('PUT', address, {
        headers: { 'Content-Type': 'application/octet-stream', 'Content-Range': range },
        body: file.slice(offset, end),
      });
      const answer = (await response.json()) as Answer;
      breaks = 0;
      offset = answer.offset;
      tell(offset);
      if (answer.complete) return;
    } catch (error) {
      const problem = asProblem(error);
      const missing = Number(problem.headers.get('Upload-Offset') ?? Number.NaN);
      if (problem.status === 409 && Number.isInteger(missing)) {
        offset = missing;
        continue;
      }
      if (!problem.unreachable || breaks >= ENOUGH) throw error instanceof Problem ? error : problem;
      breaks += 1;
      await sleep(patience(breaks));
      offset = (await whereIs(address)) ?? offset;
    }
  }
}

async function whereIs(address: string): Promise<number | null> {
  try {
    return ((await (await send('GET', address)).json()) as Answer).offset;
  } catch {
    return null;
  }
}
