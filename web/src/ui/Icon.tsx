/** Signs: a 16-pixel grid and a stroke of 1.5. Decoration only: the word stands beside them. */
const SIGNS = {
  search: <><circle cx="7" cy="7" r="4.25" /><path d="M10.25 10.25 13.5 13.5" /></>,
  gear: <><circle cx="8" cy="8" r="2.25" /><path d="M8 1.75v2M8 12.25v2M1.75 8h2M12.25 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4" /></>,
  spin: <path d="M8 2.5A5.5 5.5 0 1 1 2.5 8" />,
  fault: <><circle cx="8" cy="8" r="6" /><path d="M8 4.75v4" /><circle className="solid" cx="8" cy="11.1" r=".9" /></>,
  check: <path d="m3 8.5 3.25 3.25L13 5" />,
  waits: <circle cx="8" cy="8" r="5.5" strokeDasharray="1.9 2.42" />,
  down: <path d="m4 6 4 4 4-4" />,
  left: <path d="M10 3.5 5.5 8l4.5 4.5" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  whole: <path d="M2 3.5v9M14 3.5v9M4.5 8h7M6.5 5.75 4.25 8l2.25 2.25M9.5 5.75 11.75 8 9.5 10.25" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  more: <><circle className="solid" cx="3.5" cy="8" r="1.25" /><circle className="solid" cx="8" cy="8" r="1.25" /><circle className="solid" cx="12.5" cy="8" r="1.25" /></>,
  cards: <><rect x="2.25" y="2.75" width="4.75" height="4.25" rx=".75" /><rect x="9" y="2.75" width="4.75" height="4.25" rx=".75" /><rect x="2.25" y="9" width="4.75" height="4.25" rx=".75" /><rect x="9" y="9" width="4.75" height="4.25" rx=".75" /></>,
  list: <path d="M2.25 4h2M2.25 8h2M2.25 12h2M6.75 4h7M6.75 8h7M6.75 12h7" />,
  play: <path className="solid" d="M4.5 2.9v10.2c0 .5.5.8.95.5l7.6-5.1a.6.6 0 0 0 0-1L5.45 2.4a.6.6 0 0 0-.95.5Z" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  retry: <path d="M12.6 5.25A5.5 5.5 0 1 0 13.5 8M13 2.5v3h-3" />,
  back: <path d="M3.4 5.25A5.5 5.5 0 1 1 2.5 8M3 2.5v3h3" />,
  volume: <path d="M2.25 6.25v3.5h2.25L8 12.75v-9.5L4.5 6.25H2.25ZM10.5 5.75a3.2 3.2 0 0 1 0 4.5M12.4 3.9a5.8 5.8 0 0 1 0 8.2" />,
  muted: <path d="M2.25 6.25v3.5h2.25L8 12.75v-9.5L4.5 6.25H2.25ZM10.75 6.25l3.5 3.5M14.25 6.25l-3.5 3.5" />,
  captions: <><rect x="1.75" y="3.25" width="12.5" height="9.5" rx="1.5" /><path d="M6.9 6.9a1.4 1.4 0 1 0 0 2.2M11.4 6.9a1.4 1.4 0 1 0 0 2.2" /></>,
  pip: <><rect x="1.75" y="3" width="12.5" height="10" rx="1.25" /><rect className="solid" x="8" y="7.75" width="4.5" height="3.5" rx=".5" /></>,
  full: <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />,
  folder: <path d="M1.75 4.25c0-.55.45-1 1-1h3.1l1.5 1.75h5.9c.55 0 1 .45 1 1v5.75c0 .55-.45 1-1 1H2.75c-.55 0-1-.45-1-1v-7.5Z" />,
  film: <><rect x="2" y="2.75" width="12" height="10.5" rx="1.25" /><path d="M5 2.75v10.5M11 2.75v10.5M2 6.25h3M2 9.75h3M11 6.25h3M11 9.75h3" /></>,
  stack: <path d="m8 2.5 6 3-6 3-6-3 6-3ZM2 8.5l6 3 6-3M2 11l6 3 6-3" />,
  download: <path d="M8 2.5V10M5 7.5 8 10.5l3-3M2.75 9.5v2.75c0 .7.55 1.25 1.25 1.25h8c.7 0 1.25-.55 1.25-1.25V9.5" />,
  copy: <><rect x="5.5" y="5.5" width="8" height="8" rx="1.25" /><path d="M10.5 5.5V3.75c0-.7-.55-1.25-1.25-1.25h-5.5c-.7 0-1.25.55-1.25 1.25v5.5c0 .7.55 1.25 1.25 1.25H5.5" /></>,
  person: <path d="M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5c.4-2.4 2.4-4 5-4s4.6 1.6 5 4" />,
  pencil: <path d="m10.75 3 2.25 2.25-7.5 7.5-3 .75.75-3L10.75 3Z" />,
  trash: <path d="M3 4.5h10M6.25 4.5V3c0-.4.3-.75.75-.75h2c.45 0 .75.35.75.75v1.5M4.25 4.5l.5 8.25c0 .55.45 1 1 1h4.5c.55 0 1-.45 1-1l.5-8.25" />,
  link: <path d="M6.75 9.25a2.5 2.5 0 0 0 3.55 0l2.2-2.2a2.5 2.5 0 0 0-3.55-3.55l-.9.9M9.25 6.75a2.5 2.5 0 0 0-3.55 0L3.5 8.95a2.5 2.5 0 0 0 3.55 3.55l.9-.9" />,
} as const;

export type Sign = keyof typeof SIGNS;

export function Icon({ sign, className = '' }: { sign: Sign; className?: string }) {
  const turning = sign === 'spin' ? ' spin' : '';
  return (
    <svg className={`i${turning} ${className}`.trim()} viewBox="0 0 16 16" aria-hidden="true">
      {SIGNS[sign]}
    </svg>
  );
}

export function Mark() {
  return (
    <svg viewBox="0 0 18 18" aria-hidden="true">
      <circle cx="9" cy="9" r="7.75" fill="none" stroke="currentColor" strokeWidth="1.75" />
      <circle cx="9" cy="9" r="3.25" className="lamp" />
    </svg>
  );
}
