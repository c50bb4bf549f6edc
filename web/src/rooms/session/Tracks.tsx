/** Which track of sound is heard, where a recording has several. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useSessionRequests } from '../../api/sessions';
import type { AudioChoice, WholeSession } from '../../api/types';
import { attempt, say } from '../../state/toasts';
import { isMaking } from '../../state/job-words';
import { Icon } from '../../ui/Icon';

const MIXED = 'All of them, mixed';

/** "Track 2, stereo, 44.1 kHz". */
export const trackWords = ({ number, layout, rate }: WholeSession['tracks'][number]): string =>
  `Track ${number}, ${layout}, ${(rate / 1000).toLocaleString('en-GB')} kHz`;

export function Tracks({ session }: { session: WholeSession }) {
  const requests = useSessionRequests();
  const { tracks } = session;
  const chosen = session.options.audio;
  const heard = tracks.find((track) => track.heard);
  const now = chosen === 'mix' ? 'mix' : String(heard?.number);
  const options: { audio: AudioChoice; id: string; word: string }[] = [
    ...tracks.map((track) => ({ audio: track.number, id: String(track.number), word: trackWords(track) })),
    { audio: 'mix' as const, id: 'mix', word: MIXED },
  ];
  const shown = options.find((option) => option.id === now)?.word ?? '';
  const choose = (audio: AudioChoice) => {
    attempt(requests.hear(session.id, audio), ({ film }) => {
      say({ text: film ? 'The film is made again with that sound, and plays meanwhile.' : 'That sound is heard from now on.' });
    });
  };
  return (
    <>
      <MenuTrigger>
        <Button className="btn boxed small track-choice" aria-label={`Sound: ${shown}. Choose another`}>
          <span className="cut">{shown}</span>
          <Icon sign="down" />
        </Button>
        <Popover className="menu-box" placement="bottom start" offset={4}>
          <Menu className="menu" aria-label="Sound" selectionMode="single" disallowEmptySelection selectedKeys={[now]}>
            {options.map(({ audio, id, word }) => (
              <MenuItem key={id} id={id} className="menu-item" textValue={word} onAction={() => id !== now && choose(audio)}>
                <span className="tick">{id === now && <Icon sign="check" />}</span>
                {word}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      {session.film && isMaking(session) && <p className="ink-3">The film still has the sound from before.</p>}
    </>
  );
}
