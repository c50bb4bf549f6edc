/** How far models are that are verified: told by the stream, and kept nowhere else. */
import { createStore, useStore } from '../state/store';
import type { LiveEvent } from './events';

const verifying = createStore<ReadonlyMap<string, number>>(new Map());

export function noteModel({ event, model, progress }: LiveEvent): void {
  if (event === 'model-progress' && model !== undefined) verifying.set((now) => new Map(now).set(model, progress ?? 0));
}

/** What was told of it belongs to another time. */
export const forgetModel = (model: string): void => verifying.set((now) => new Map([...now].filter(([name]) => name !== model)));

/** From 0 to 1. */
export const useVerifying = (model: string): number => useStore(verifying, (now) => now.get(model) ?? 0);
