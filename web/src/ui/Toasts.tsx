/** The messages of `state/toasts`: spoken politely, there long enough to be read and acted upon. */
import { useEffect, useRef } from 'react';
import { toasts, unsay, type Toast } from '../state/toasts';
import { useStore } from '../state/store';
import { Icon } from './Icon';
import { Btn, IconBtn } from './parts';

const READ = 6000;
const ACT = 10_000;

function One({ toast }: { toast: Toast }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let timer = window.setTimeout(() => unsay(toast.id), toast.act ? ACT : READ);
    const node = box.current;
    // Who reads, or has reached the button, is not hurried.
    const hold = () => window.clearTimeout(timer);
    const go = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => unsay(toast.id), ACT / 2);
    };
    node?.addEventListener('pointerenter', hold);
    node?.addEventListener('focusin', hold);
    node?.addEventListener('pointerleave', go);
    node?.addEventListener('focusout', go);
    return () => {
      window.clearTimeout(timer);
      node?.removeEventListener('pointerenter', hold);
      node?.removeEventListener('focusin', hold);
      node?.removeEventListener('pointerleave', go);
      node?.removeEventListener('focusout', go);
    };
  }, [toast]);
  const act = toast.act;
  return (
    <div className={`toast ${toast.mood}`} ref={box}>
      {toast.mood === 'failed' && <Icon sign="fault" />}
      <p className="grow">
        {toast.text}
        {toast.more && <span className="more">{toast.more}</span>}
      </p>
      {act && (
        <Btn
          small
          onPress={() => {
            unsay(toast.id);
            act.run();
          }}
        >
          {act.word}
        </Btn>
      )}
      <IconBtn label="Dismiss" sign="close" onPress={() => unsay(toast.id)} />
    </div>
  );
}

export function Toasts() {
  const list = useStore(toasts, (now) => now.list);
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite" aria-relevant="additions">
      {list.map((toast) => (
        <One key={toast.id} toast={toast} />
      ))}
    </section>
  );
}
