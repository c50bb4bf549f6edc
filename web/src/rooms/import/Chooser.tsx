/** A button that asks for recordings: by the system's dialog in the window, else by the browser's. */
import { useQueryClient } from '@tanstack/react-query';
import { FileTrigger } from 'react-aria-components';
import { inWindow, shell } from '../../api/shell';
import { attempt } from '../../state/toasts';
import { bringIn } from '../../state/uploads';
import type { Sign } from '../../ui/Icon';
import { Btn } from '../../ui/parts';
import { bringPaths } from './bring';
import { fromList } from './pick';

interface Props {
  kind: 'files' | 'folder';
  sign: Sign;
  look?: 'primary';
  /** Something was chosen. */
  onChosen?: () => void;
  children: string;
}

export function Chooser({ kind, sign, look, onChosen, children }: Props) {
  const client = useQueryClient();
  const button = (choose?: () => void) => (
    <Btn sign={sign} {...(look ? { look } : {})} {...(choose ? { onPress: choose } : {})}>
      {children}
    </Btn>
  );
  if (inWindow()) {
    return button(() =>
      attempt(shell.choose(kind), (paths) => {
        if (paths.length === 0) return;
        onChosen?.();
        attempt(bringPaths(client, paths));
      }),
    );
  }
  const picked = (files: FileList | null) => {
    if (files === null || files.length === 0) return;
    onChosen?.();
    attempt(bringIn(client, fromList(files)));
  };
  return (
    <FileTrigger {...(kind === 'folder' ? { acceptDirectory: true } : { allowsMultiple: true })} onSelect={picked}>
      {button()}
    </FileTrigger>
  );
}
