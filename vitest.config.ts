import { defineConfig } from 'vitest/config';

/**
 * Three suites by what they need: `unit` only Node; `kernel` root and network namespaces;
 * `interop` foreign programs too. Kernel tests run one file at a time: they share the host's
 * netlink sockets, sysctls and two cores.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**', 'test/interop/**', 'test/e2e/**'],
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{kernel,interop,e2e}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
