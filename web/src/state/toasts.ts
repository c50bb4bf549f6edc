/** Short messages at the foot of the page; the newest few. */
import { asProblem } from '../api/client';
import { createStore } from './store';

export interface Toast {
  id: number;
  text: string;
  more?: string;
  mood: 'plain' | 'failed';
  act?: { word: string; run: () => void };
}

export const toasts = createStore<{ list: readonly Toast[] }>({ list: [] });

const MOST = 3;
let next = 1;

export function say(toast: Omit<Toast, 'id' | 'mood'> & { mood?: Toast['mood'] }): number {
  const id = next++;
  toasts.set(({ list }) => ({ list: [...list, { mood: 'plain' as const, ...toast, id }].slice(-MOST) }));
  return id;
}

export function unsay(id: number): void {
  toasts.set(({ list }) => ({ list: list.filter((toast) => toast.id !== id) }));
}

/** Say what went wrong, and what to do. */
export function sayProblem(error: unknown): void {
  const { detail, hint } = asProblem(error).body;
  say({ text: detail, more: hint, mood: 'failed' });
}

/** Run a request that a person asked for; what is refused is said. */
export function attempt<T>(work: Promise<T>, then?: (value: T) => void): void {
  work.then(then, sayProblem);
}
