/** The page moves on by itself shortly after the film is ready, unless its owner wants to stay. */
import { useEffect, useRef, useState } from 'react';

const AFTER = 2;

export function useLeaving(leave: () => void): { seconds: number; stay: () => void; stayed: boolean } {
  const [seconds, setSeconds] = useState(AFTER);
  const [stayed, setStayed] = useState(false);
  const latest = useRef(leave);
  useEffect(() => {
    latest.current = leave;
  });
  useEffect(() => {
    if (stayed) return;
    const begun = performance.now();
    const timer = window.setInterval(() => {
      const left = AFTER - (performance.now() - begun) / 1000;
      setSeconds(Math.max(1, Math.ceil(left)));
      if (left <= 0) {
        window.clearInterval(timer);
        latest.current();
      }
    }, 100);
    return () => window.clearInterval(timer);
  }, [stayed]);
  return { seconds, stay: () => setStayed(true), stayed };
}
