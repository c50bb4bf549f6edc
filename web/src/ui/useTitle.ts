import { useEffect } from 'react';

/** What the tab and a screen reader call this screen. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Rushes' : `${title} · Rushes`;
  }, [title]);
}
