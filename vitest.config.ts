import { defineConfig } from 'vitest/config';

/**
 * Two suites by what they need: `unit` only Node; `system` root, network namespaces and foreign programs,
 * which test/support/needs.ts lists. System tests run after the others, one file at a time: they measure time
 * and share the machine.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**', 'test/interop/**', 'test/e2e/**'],
          setupFiles: ['test/support/repeatable-properties.ts'],
          testTimeout: 20_000, // some start programs, on machines that are busy
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{kernel,interop,e2e}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
