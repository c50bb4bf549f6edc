/** One way to the backend. What it refuses arrives as a `Problem`, with words for a person. */
import createClient, { type Middleware } from 'openapi-fetch';
import type { paths } from './schema.gen';

export interface ProblemBody {
  type: string;
  title: string;
  detail: string;
  hint: string;
  errors?: Record<string, string>;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
    readonly headers: Headers = new Headers(),
  ) {
    super(body.detail);
    this.name = 'Problem';
  }

  /** Nobody answered, or something between here and the backend did. */
  get unreachable(): boolean {
    return this.status === 0 || (this.status >= 500 && this.body.type === 'unreachable');
  }

}

const UNREACHABLE: ProblemBody = {
  type: 'unreachable',
  title: 'Rushes does not answer',
  detail: 'It may have been closed, or is just starting.',
  hint: 'Start it again if it does not come; this page goes on by itself.',
};

function isProblem(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null && 'detail' in value && 'type' in value;
}

/** The problem that an answer which is not OK carries. */
export async function problemOf(response: Response): Promise<Problem> {
  const value: unknown = await response.json().catch(() => null);
  if (isProblem(value)) {
    return new Problem(response.status, { ...value, hint: value.hint }, response.headers);
  }
  return new Problem(response.status, UNREACHABLE, response.headers);
}

/** Told of every 401, so that one place can ask the owner to open the page again. */
type Listener = () => void;
let signedOut: Listener = () => undefined;
export function onSignedOut(listener: Listener): void {
  signedOut = listener;
}

async function reach(request: Request | string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(request, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, UNREACHABLE);
  }
}

const refuse: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return response;
    if (response.status === 401) signedOut();
    throw await problemOf(response);
  },
};

export const api = createClient<paths>({
  baseUrl: typeof window === 'undefined' ? 'http://localhost' : window.location.origin,
  fetch: (request) => reach(request),
  querySerializer: { array: { style: 'form', explode: true } },
});
api.use(refuse);

/** A request outside the document: uploads, signing in, and what outlives the page. */
export async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await reach(path, { ...init, method });
  if (response.ok) return response;
  if (response.status === 401) signedOut();
  throw await problemOf(response);
}

/** The body of an answer that the middleware has let through. */
export function told<T>(answer: { data?: T }): T {
  if (answer.data === undefined) throw new Problem(0, UNREACHABLE);
  return answer.data;
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(500, {
    type: 'unknown',
    title: 'It did not work',
    detail: error instanceof Error ? error.message : 'Something went wrong on this page.',
    hint: 'Try again.',
  });
}
