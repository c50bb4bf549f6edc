/** The model elsewhere that writes summaries: its address and its name; both empty: there is none. */
import { useId, useState } from 'react';
import type { Setting } from '../../api/types';
import { helpOf, titleOf } from './groups';

interface Props {
  setting: Setting;
  busy: boolean;
  onChange: (value: string) => void;
}

export function EndpointRow({ setting, busy, onChange }: Props) {
  const id = useId();
  const [address = '', name = ''] = setting.value === 'off' ? [] : setting.value.split(/ +(.*)/);
  const [fields, setFields] = useState({ address, name });
  const half = (fields.address.trim() === '') !== (fields.name.trim() === '');
  const send = () => {
    const value = fields.address.trim() === '' ? 'off' : `${fields.address.trim()} ${fields.name.trim()}`;
    if (!half && value !== setting.value) onChange(value);
  };
  const field = (which: keyof typeof fields, word: string, placeholder: string) => (
    <label>
      {word}
      <input
        className="input"
        value={fields[which]}
        placeholder={placeholder}
        disabled={busy}
        spellCheck="false"
        autoComplete="off"
        aria-label={`${word} of the other model`}
        aria-describedby={half ? id : undefined}
        onChange={(event) => setFields({ ...fields, [which]: event.currentTarget.value })}
        onBlur={send}
      />
    </label>
  );
  return (
    <>
      <div className="setting">
        <span className="grow">
          <span className="name">{titleOf(setting.name)}</span>
          <span className="help">{helpOf(setting)}</span>
        </span>
      </div>
      <div className="setting hours endpoint">
        {field('address', 'Address', 'http://localhost:11434')}
        {field('name', 'Name', 'llama3.2')}
        {half && (
          <span className="help" id={id}>
            Both are needed; leave both empty to have none.
          </span>
        )}
      </div>
    </>
  );
}
