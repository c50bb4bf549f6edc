/** The whole window takes dropped recordings while its owner is on the page. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { inWindow, shell } from '../../api/shell';
import { attempt } from '../../state/toasts';
import { bringIn } from '../../state/uploads';
import { bringPaths } from './bring';
import { fromDrop } from './pick';

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Whether files are held over the window; `onDrop` is told when they are let go. */
export function useDrop(onDrop: () => void): boolean {
  const client = useQueryClient();
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const scope = new AbortController();
    const options = { signal: scope.signal };
    window.addEventListener('dragenter', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth += 1;
      setOver(true);
    }, options);
    window.addEventListener('dragover', (event) => {
      if (hasFiles(event)) event.preventDefault();
    }, options);
    window.addEventListener('dragleave', () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    }, options);
    window.addEventListener('drop', (event) => {
      depth = 0;
      setOver(false);
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      onDrop();
      // The event is emptied when this returns: what it brought is fetched now, and may be needed.
      const picked = fromDrop(event.dataTransfer);
      const paths = inWindow() ? shell.dropped().catch(() => []) : Promise.resolve([]);
      attempt(paths.then(async (known) => (known.length > 0 ? bringPaths(client, known) : bringIn(client, await picked))));
    }, options);
    return () => scope.abort();
  }, [client, onDrop]);
  return over;
}
