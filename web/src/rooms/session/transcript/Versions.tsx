/** Earlier versions of what is said: looked at, and compared with the newest. */
import { useTranscript } from '../../../api/transcript';
import type { Transcript } from '../../../api/types';
import { useNow } from '../../../state/now';
import { clock, count, when } from '../../../state/words';
import { Btn } from '../../../ui/parts';
import type { Player } from '../player';
import { compare } from './spoken';

type Version = Transcript['versions'][number];

function named(version: Version, now: Date): string {
  const by = version.origin === 'edited' ? 'corrected' : (version.model ?? 'heard');
  return `${version.version} · ${by} · ${when(new Date(version.created_at), now)}`;
}

interface Props {
  versions: readonly Version[];
  chosen: number;
  newest: number;
  comparing: boolean;
  onChoose: (version: number | null) => void;
  onCompare: (on: boolean) => void;
}

export function Versions({ versions, chosen, newest, comparing, onChoose, onCompare }: Props) {
  const now = useNow(60_000);
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
              {named(one, now)}
            </option>
          ))}
        </select>
      </label>
      {chosen !== newest && (
        <span className="row gap">
          <Btn small onPress={() => onCompare(!comparing)} aria-pressed={comparing}>
            {comparing ? 'Show it alone' : 'Compare with the newest'}
          </Btn>
          <Btn small look="plain" onPress={() => onChoose(null)}>
            Back to the newest
          </Btn>
        </span>
      )}
    </div>
  );
}

/** An earlier version and the newest one, with what differs marked. */
export function Comparison({ id, before, newest, player }: { id: string; before: Transcript; newest: number; player: Player }) {
  const after = useTranscript(id, newest).data;
  if (after === undefined || after.version !== newest) return <div className="bone bone-title" />;
  const groups = compare(before.segments, after.segments);
  const differing = groups.filter((group) => group.differs).length;
  return (
    // A list that scrolls takes the focus, so that keys scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="transcript" role="region" aria-label={`Version ${before.version} and the newest`} tabIndex={0}>
      <p className="ink-3 t-12">{differing === 0 ? 'They say the same.' : `They differ in ${count(differing, 'place')}.`}</p>
      {groups.map((group, n) => (
        <div key={n} className="said">
          <button type="button" className="time" aria-label={`Go to ${clock(group.start)}`} onClick={() => player.seek(group.start)}>
            {clock(group.start)}
          </button>
          <div dir="auto">
            {group.differs ? (
              <>
                {group.before && <del>{group.before}</del>}
                {group.after && <ins>{group.after}</ins>}
              </>
            ) : (
              <p>{group.after}</p>
            )}
          </div>
        </div>
      ))}
    </div>
  );
}
