import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// In development the page is Vite's and the API is a running backend's: its address and token come
// from the line that `rushes serve` prints. RUSHES_TOKEN is left out to try signing in.
const backend = process.env['RUSHES_BACKEND'] ?? 'http://127.0.0.1:8000';
const token = process.env['RUSHES_TOKEN'];

export default defineConfig({
  plugins: [react()],
  build: {
    // No inlined images or scripts: the page's policy is `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One file from this very machine: splitting it would only add requests.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': {
        target: backend,
        changeOrigin: true,
        headers: { origin: backend, ...(token ? { authorization: `Bearer ${token}` } : {}) },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
