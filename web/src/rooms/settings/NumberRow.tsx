import { useId } from 'react';
import { Button, FieldError, Group, Input, Label, NumberField } from 'react-aria-components';
import type { Setting } from '../../api/types';
import { helpOf } from './groups';
import { Icon } from '../../ui/Icon';

interface Props {
  label: string;
  setting: Setting;
  busy: boolean;
  onChange: (value: string) => void;
}

/** A whole number; anything else is left to the backend to judge. */
export function NumberRow({ label, setting, busy, onChange }: Props) {
  const id = useId();
  const numeric = /^\d+$/.test(setting.default);
  if (!numeric) {
    return (
      <div className="setting">
        <span className="grow">
          <label className="name" htmlFor={id}>
            {label}
          </label>
          <span className="help">{helpOf(setting)}</span>
        </span>
        <input
          id={id}
          className="input"
          defaultValue={setting.value}
          disabled={busy}
          onBlur={(event) => event.currentTarget.value !== setting.value && onChange(event.currentTarget.value)}
        />
      </div>
    );
  }
  return (
    <NumberField
      className="setting"
      defaultValue={Number(setting.value)}
      minValue={setting.name.startsWith('limit.') ? 1 : 0}
      maxValue={setting.name.startsWith('limit.') ? 16 : 3650}
      isDisabled={busy}
      onChange={(next) => Number.isFinite(next) && String(next) !== setting.value && onChange(String(next))}
    >
      <span className="grow">
        <Label className="name">{label}</Label>
        <span className="help">
          {helpOf(setting)}
          {setting.value !== setting.default && ` Usually ${setting.default}.`}
        </span>
      </span>
      <Group className="stepper">
        <Button slot="decrement" className="icon">
          <Icon sign="minus" />
        </Button>
        <Input className="input" />
        <Button slot="increment" className="icon">
          <Icon sign="plus" />
        </Button>
      </Group>
      <FieldError className="problem" />
    </NumberField>
  );
}
