/** Chapters or a summary, copied or taken along as a file; and found once more. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { outlineText, type OutlineKind } from '../../../api/outline';
import { saveText } from '../../../api/save';
import type { Ending } from '../../../api/transcript';
import type { WholeSession } from '../../../api/types';
import { copyText } from '../../../state/copy';
import { Icon, type Sign } from '../../../ui/Icon';

interface Props {
  session: WholeSession;
  kind: OutlineKind;
  version: number;
  /** Endings that can be copied, with their words. */
  copies: readonly (readonly [ending: Ending, word: string])[];
  saves: readonly (readonly [ending: Ending, word: string])[];
  again: string;
  onAgain: () => void;
}

export function GiveMenu({ session, kind, version, copies, saves, again, onAgain }: Props) {
  const item = (sign: Sign, words: string, act: () => void) => (
    <MenuItem key={words} className="menu-item" onAction={act}>
      <Icon sign={sign} /> {words}
    </MenuItem>
  );
  return (
    <MenuTrigger>
      <Button className="icon" aria-label={`More for the ${kind}`}>
        <Icon sign="more" />
      </Button>
      <Popover className="menu-box" placement="bottom end" offset={4}>
        <Menu className="menu">
          {copies.map(([ending, word]) => item('copy', word, () => copyText(outlineText(session.id, kind, ending, version))))}
          {saves.map(([ending, word]) => item('download', word, () => saveText(session, { kind, ending, version })))}
          {item('retry', again, onAgain)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
