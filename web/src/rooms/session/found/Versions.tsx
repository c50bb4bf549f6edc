/** Earlier versions of what was found out: looked at, and what can be done with them. */
import type { ReactNode } from 'react';
import type { Transcript } from '../../../api/types';
import { useNow } from '../../../state/now';
import { when } from '../../../state/words';
import { Btn } from '../../../ui/parts';

export type Version = Transcript['versions'][number];

interface Props {
  versions: readonly Version[];
  /** Who made one. */
  by: (version: Version) => string;
  /** The one that is looked at. */
  chosen: number;
  newest: number;
  onChoose: (version: number | null) => void;
  /** What can be done with an earlier one. */
  children: ReactNode;
}

export function Versions({ versions, by, chosen, newest, onChoose, children }: Props) {
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
              {`${one.version} · ${by(one)} · ${when(new Date(one.created_at), now)}`}
            </option>
          ))}
        </select>
      </label>
      {chosen !== newest && (
        <span className="row gap">
          {children}
          <Btn small look="plain" onPress={() => onChoose(null)}>
            Back to the newest
          </Btn>
        </span>
      )}
    </div>
  );
}

/** Makes an earlier version of chapters or a summary the newest again. */
export const UseIt = ({ onTake }: { onTake: () => void }) => (
  <Btn small onPress={onTake}>
    Use this version
  </Btn>
);

export const foundOrEdited = (version: Version): string => (version.origin === 'edited' ? 'edited' : 'found');
