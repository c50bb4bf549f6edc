/** Sessions that were ticked on the list, to do something with all of them. */
import { createStore, useStore } from './store';

const chosen = createStore<{ on: boolean; ids: ReadonlySet<string> }>({ on: false, ids: new Set() });

export const useChoosing = (): boolean => useStore(chosen, ({ on }) => on);
export const useChosen = (): ReadonlySet<string> => useStore(chosen, ({ ids }) => ids);
export const useIsChosen = (id: string): boolean => useStore(chosen, ({ ids }) => ids.has(id));

export const startChoosing = (): void => chosen.set({ on: true, ids: new Set() });
export const stopChoosing = (): void => chosen.set({ on: false, ids: new Set() });
export const choose = (all: readonly string[]): void => chosen.set({ on: true, ids: new Set(all) });

export function toggle(id: string): void {
  chosen.set(({ on, ids }) => {
    const next = new Set(ids);
    if (!next.delete(id)) next.add(id);
    return { on, ids: next };
  });
}
