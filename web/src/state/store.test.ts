import { expect, test, vi } from 'vitest';
import { createStore } from './store';

test('who watches is told of every change, and of nothing else', () => {
  const store = createStore<{ n: number }>({ n: 1 });
  const listener = vi.fn();
  const stop = store.subscribe(listener);
  store.set((now) => now);
  expect(listener).not.toHaveBeenCalled();
  store.set((now) => ({ n: now.n + 1 }));
  expect(store.get()).toEqual({ n: 2 });
  expect(listener).toHaveBeenCalledTimes(1);
  stop();
  store.set({ n: 3 });
  expect(listener).toHaveBeenCalledTimes(1);
});

test('a listener that leaves while others are told disturbs nobody', () => {
  const store = createStore<{ n: number }>({ n: 1 });
  const second = vi.fn();
  const stop = store.subscribe(() => stop());
  store.subscribe(second);
  store.set({ n: 2 });
  expect(second).toHaveBeenCalledTimes(1);
});
