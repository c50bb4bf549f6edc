/** How the owner wants the page to look; remembered by this browser. */
import { createStore, useStore } from './store';
import { keep, recall } from './kept';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'cards' | 'list';

interface Look {
  theme: Theme;
  density: Density;
}

const theme = recall('theme');
const look = createStore<Look>({
  theme: theme === 'light' || theme === 'dark' ? theme : 'system',
  density: recall('density') === 'list' ? 'list' : 'cards',
});

function paint(): void {
  const chosen = look.get().theme;
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}
paint();

export function setTheme(next: Theme): void {
  look.set((now) => ({ ...now, theme: next }));
  keep('theme', next === 'system' ? null : next);
  paint();
}

export function setDensity(next: Density): void {
  look.set((now) => ({ ...now, density: next }));
  keep('density', next);
}

export const useTheme = (): Theme => useStore(look, (now) => now.theme);
export const useDensity = (): Density => useStore(look, (now) => now.density);
