import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import MixingSequencer from './scripts/test-sequencer.ts';

/**
 * Tests that measure processor time, memory, or how long something takes. Each has the machine alone.
 */
const measuring = [
  'test/e2e/console-under-attack.test.ts',
  'test/e2e/hostile-peer.test.ts',
  'test/e2e/live-tabs.test.ts',
  'test/e2e/metrics-delay.test.ts',
  'test/e2e/metrics-under-stress.test.ts',
  'test/e2e/thousand-exporters.test.ts',
  'test/fuzz/fuzz.test.ts',
];

/** Longer than a test waits in all: each condition has two minutes, since a machine may be busy. */
const patient = { testTimeout: 600_000, hookTimeout: 600_000 };

// System tests wait more than they work, so two cores have time for four files of both kinds.
const maxWorkers = Math.max(4, availableParallelism() - 1);

/**
 * Suites by what they need: `unit` only Node; `system` and `measuring` root, network namespaces and foreign
 * programs, which test/support/needs.ts lists. Unit and system tests run side by side.
 */
export default defineConfig({
  test: {
    // As in bin/weir: without it each program and worker thread that a test starts strips all types again.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/weir') },
    sequence: { sequencer: MixingSequencer },
    projects: [
      {
        test: {
          ...patient,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**', 'test/interop/**', 'test/e2e/**', ...measuring],
          setupFiles: ['test/support/repeatable-properties.ts'],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...patient,
          name: 'system',
          include: ['test/{kernel,interop,e2e}/**/*.test.ts'],
          exclude: measuring,
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...patient,
          name: 'measuring',
          include: measuring,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
