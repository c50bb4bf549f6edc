/** Small parts that every screen uses. */
import type { ReactNode } from 'react';
import { Button, Tooltip, TooltipTrigger, type ButtonProps } from 'react-aria-components';
import { Icon, type Sign } from './Icon';

type Look = 'primary' | 'plain' | 'boxed';

interface BtnProps extends Omit<ButtonProps, 'className' | 'children'> {
  look?: Look;
  small?: boolean;
  sign?: Sign;
  children: ReactNode;
}

/** A button. Ink, never amber: amber is a state. One `primary` a screen. */
export function Btn({ look = 'boxed', small = false, sign, children, ...rest }: BtnProps) {
  return (
    <Button className={`btn ${look}${small ? ' small' : ''}`} {...rest}>
      {sign && <Icon sign={sign} />}
      {children}
    </Button>
  );
}

interface IconBtnProps extends Omit<ButtonProps, 'className' | 'children' | 'aria-label'> {
  label: string;
  sign: Sign;
  /** The key that does the same. */
  hotkey?: string;
  className?: string;
}

/** A button with a sign only; its word comes with the pointer or the focus. */
export function IconBtn({ label, sign, hotkey, className = '', ...rest }: IconBtnProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={60}>
      <Button className={`icon ${className}`.trim()} aria-label={label} {...(hotkey ? { 'aria-keyshortcuts': hotkey } : {})} {...rest}>
        <Icon sign={sign} />
      </Button>
      <Tooltip className="tip" offset={6}>
        {label}
        {hotkey && <kbd>{hotkey}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}

export type Mood = 'done' | 'failed' | 'working' | 'waiting';

/** A sign, a word, then the colour. */
export function State({ mood, sign, children }: { mood: Mood; sign?: Sign | 'dot'; children: ReactNode }) {
  const shown = sign ?? ({ done: 'check', failed: 'fault', working: 'spin', waiting: 'waits' } as const)[mood];
  return (
    <span className={`state is-${mood}`}>
      {shown === 'dot' ? <i className="dot beat" /> : <Icon sign={shown} />}
      <span className="cut">{children}</span>
    </span>
  );
}

/** How far something is. `value` is 0 to 1. */
export function Bar({ value, label, mood = '' }: { value: number; label: string; mood?: 'done' | 'failed' | '' }) {
  const p = Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10;
  return (
    <div
      className={`bar ${mood}`.trim()}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(p)}
      style={{ '--p': `${p}%` }}
    >
      <i />
    </div>
  );
}

/** What a screen says when it cannot do its work: what, why, what to do. */
export function Trouble({ title, detail, hint, children }: { title: string; detail: string; hint: string; children?: ReactNode }) {
  return (
    <div className="trouble" role="alert">
      <p className="strong">{title}</p>
      {detail !== title && <p>{detail}</p>}
      {hint && <p>{hint}</p>}
      {children && <div className="foot">{children}</div>}
    </div>
  );
}
