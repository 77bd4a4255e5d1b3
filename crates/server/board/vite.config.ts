import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The server embeds the build, so the place it lands in is the caller's to
// choose: `vite build --outDir X --emptyOutDir`, or BOARD_OUT_DIR.
const outDir = process.env['BOARD_OUT_DIR'] ?? 'dist';

export default defineConfig({
  plugins: [svelte()],
  base: '/',
  build: {
    outDir,
    assetsDir: 'assets',
    emptyOutDir: true,
    // The page is served under a strict content security policy: nothing may
    // be inlined, neither as a data URL nor as the module preload script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/api': process.env['BOARD_API'] ?? 'http://127.0.0.1:7440' },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
