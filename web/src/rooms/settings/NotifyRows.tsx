/** What the desktop tells, and when it keeps quiet. */
import { useId, useState } from 'react';
import type { Setting } from '../../api/types';
import { Segments } from '../../ui/Segments';
import { helpOf, hoursIn, quietIn, titleOf, type Hours } from './groups';

interface Props {
  setting: Setting;
  busy: boolean;
  onChange: (value: string) => void;
}

/** Settings that take one of a few words. */
const CHOICES = {
  notify: [
    { value: 'all', shown: 'All' },
    { value: 'failures', shown: 'Failures' },
    { value: 'none', shown: 'None' },
  ],
  originals: [
    { value: 'keep', shown: 'Keep' },
    { value: 'bin', shown: 'Bin' },
  ],
  'optimise.quality': [
    { value: 'low', shown: 'Low' },
    { value: 'medium', shown: 'Medium' },
    { value: 'high', shown: 'High' },
  ],
  'enrich.speakers': [{ value: 'off', shown: 'Off' }, ...['2', '3', '4', '5', '6', '7', '8'].map((value) => ({ value, shown: value }))],
} as const;

type Chosen = keyof typeof CHOICES;

export const hasChoices = (name: string): name is Chosen => name in CHOICES;

export function ChoiceRow({ name, setting, onChange }: Props & { name: Chosen }) {
  const label = titleOf(setting.name);
  const choices: readonly { value: string; shown: string }[] = CHOICES[name];
  const chosen = setting.value;
  return (
    <div className="setting">
      <span className="grow">
        <span className="name">{label}</span>
        <span className="help">{helpOf(setting)}</span>
      </span>
      <Segments label={label} value={chosen} options={choices} onChange={onChange} />
    </div>
  );
}

const USUAL: Hours = { from: '22:00', to: '07:00' };

export function QuietRow({ setting, busy, onChange }: Props) {
  const id = useId();
  const kept = hoursIn(setting.value);
  return (
    <>
      <label className="setting switch">
        <span className="grow">
          <span className="name" id={`${id}-name`}>
            {titleOf(setting.name)}
          </span>
          <span className="help" id={`${id}-help`}>
            {helpOf(setting)}
          </span>
        </span>
        <input
          type="checkbox"
          role="switch"
          aria-labelledby={`${id}-name`}
          aria-describedby={`${id}-help`}
          checked={kept !== null}
          disabled={busy}
          onChange={(event) => onChange(event.currentTarget.checked ? quietIn(USUAL) : 'off')}
        />
        <span className="track" aria-hidden="true">
          <i />
        </span>
      </label>
      {kept && <HoursRow key={setting.value} kept={kept} busy={busy} onChange={(hours) => onChange(quietIn(hours))} />}
    </>
  );
}

/** Sent when a field is left: a time that is being typed is none yet. */
function HoursRow({ kept, busy, onChange }: { kept: Hours; busy: boolean; onChange: (hours: Hours) => void }) {
  const id = useId();
  const [hours, setHours] = useState(kept);
  const alike = hours.from === hours.to;
  const send = () => {
    if (hours.from === '' || hours.to === '') setHours(kept);
    else if (!alike && quietIn(hours) !== quietIn(kept)) onChange(hours);
  };
  const field = (end: keyof Hours, word: string) => (
    <label>
      {word}
      <input
        type="time"
        className="input"
        required
        value={hours[end]}
        disabled={busy}
        aria-label={`Quiet ${word}`}
        aria-invalid={alike}
        aria-describedby={alike ? id : undefined}
        onChange={(event) => setHours({ ...hours, [end]: event.currentTarget.value })}
        onBlur={send}
      />
    </label>
  );
  return (
    <div className="setting hours">
      {field('from', 'from')}
      {field('to', 'to')}
      {alike && (
        <span className="problem" id={id} role="alert">
          Choose two different times.
        </span>
      )}
    </div>
  );
}
