import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { Problem } from './api/client';
import { noteWindow } from './api/shell';
import { signIn, takeDoor } from './api/sign-in';
import './ui/styles/all.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something is old; nothing ages by itself.
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // What was refused will be refused again; what did not answer is asked by the stream's return.
      retry: (failures, error) => !(error instanceof Problem) && failures < 1,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

async function open(): Promise<void> {
  const door = takeDoor();
  noteWindow(door?.window ?? false);
  // A token that is refused proves nothing: the cookie of an earlier one may still hold.
  if (door !== null) await signIn(door.token);
  const root = document.getElementById('root');
  if (root === null) throw new Error('The page has no root.');
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}

void open();
