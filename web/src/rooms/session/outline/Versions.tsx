/** Earlier versions of chapters or a summary: looked at, and taken back. */
import type { Chapters } from '../../../api/types';
import { useNow } from '../../../state/now';
import { when } from '../../../state/words';
import { Btn } from '../../../ui/parts';

interface Props {
  versions: Chapters['versions'];
  /** The one that is looked at. */
  chosen: number;
  newest: number;
  onChoose: (version: number | null) => void;
  /** Make the one that is looked at the newest again. */
  onTake: () => void;
}

export function Versions({ versions, chosen, newest, onChoose, onTake }: Props) {
  const now = useNow(60_000);
  if (versions.length < 2) return null;
  return (
    <div className="versions">
      <label className="row gap">
        <span className="ink-3 t-12">Version</span>
        <select
          className="input"
          value={chosen}
          onChange={(event) => {
            const version = Number(event.currentTarget.value);
            onChoose(version === newest ? null : version);
          }}
        >
          {versions.map((one) => (
            <option key={one.version} value={one.version}>
              {`${one.version} · ${one.origin === 'edited' ? 'edited' : 'found'} · ${when(new Date(one.created_at), now)}`}
            </option>
          ))}
        </select>
      </label>
      {chosen !== newest && (
        <span className="row gap">
          <Btn small onPress={onTake}>
            Use this version
          </Btn>
          <Btn small look="plain" onPress={() => onChoose(null)}>
            Back to the newest
          </Btn>
        </span>
      )}
    </div>
  );
}
