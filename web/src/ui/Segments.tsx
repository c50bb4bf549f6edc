/** One of several, side by side. The browser's own radio buttons: arrows move between them. */
import { useId, type ReactNode } from 'react';

interface Option<T extends string> {
  value: T;
  /** A word, or a sign with `label` as its word. */
  shown: ReactNode;
  label?: string;
}

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  className?: string;
}

export function Segments<T extends string>({ label, value, options, onChange, className = '' }: Props<T>) {
  const name = useId();
  return (
    <span className={`seg ${className}`.trim()} role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} title={option.label}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            {...(option.label === undefined ? {} : { 'aria-label': option.label })}
          />
          {option.shown}
        </label>
      ))}
    </span>
  );
}
