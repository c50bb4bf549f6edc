/** The page: one place at a time, the queue before it where it is open, and what is said to its owner. */
import { useEffect, useRef } from 'react';
import { I18nProvider, RouterProvider } from 'react-aria-components';
import { useLink } from './live/connection';
import { useLive } from './live/useLive';
import { Boundary } from './rooms/Boundary';
import { Closing } from './rooms/Closing';
import { NotFound } from './rooms/Gone';
import { Processing } from './rooms/processing/Processing';
import { Queue } from './rooms/queue/Queue';
import { SessionRoom } from './rooms/session/SessionRoom';
import { Sessions } from './rooms/sessions/Sessions';
import { Settings } from './rooms/settings/Settings';
import { SignedOut } from './rooms/SignedOut';
import { Offline, TabBar, TopBar } from './rooms/TopBar';
import { followHistory, go, useRoute, type Place } from './state/route';
import { Toasts } from './ui/Toasts';

export function App() {
  useEffect(followHistory, []);
  return (
    <I18nProvider locale="en-GB">
      <RouterProvider navigate={(to) => go(to)}>
        <Doors />
        <Toasts />
      </RouterProvider>
    </I18nProvider>
  );
}

function Doors() {
  return useLink() === 'out' ? <SignedOut /> : <House />;
}

function House() {
  useLive();
  const { place, queue, step } = useRoute();
  const name = 'id' in place ? `${place.name}/${place.id}` : place.name;
  useArrival(name, step);
  const bare = place.name === 'processing';
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      {!bare && <TopBar />}
      <Offline bare={bare} />
      <Boundary place={name}>
        <Room place={place} />
      </Boundary>
      {!bare && <TabBar />}
      {queue && <Queue />}
      <Closing />
    </>
  );
}

function Room({ place }: { place: Place }) {
  switch (place.name) {
    case 'sessions':
      return <Sessions />;
    case 'session':
      return <SessionRoom key={place.id} id={place.id} />;
    case 'processing':
      return <Processing key={place.id} id={place.id} />;
    case 'settings':
      return <Settings />;
    case 'unknown':
      return <NotFound />;
  }
}

/** A new place begins at its top and takes the focus, so that a keyboard or a reader starts there. */
function useArrival(name: string, step: number): void {
  const last = useRef(name);
  useEffect(() => {
    if (last.current === name) return;
    last.current = name;
    if (step === 0) return;
    window.scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [name, step]);
}
