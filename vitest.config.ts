import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/closing-line-reporter.ts';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    // A fresh process for each file would load the same modules again: two thirds of the unit tests' time.
    isolate: false,
    reporters: ['default', new ClosingLineReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', 'dist/**', 'test/e2e/**', 'test/disruptive/**'],
          unstubEnvs: true,
          // They wait for processes and disks as often as they compute; by default vitest leaves one processor alone.
          maxWorkers: '100%',
          // Real processes, sockets and files: a test that hangs is reported, one on a busy machine is not to blame.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          // Every file drives a server, a namespace and a data folder of its own; what they share is the machine.
          maxWorkers: 2,
          // Of one file, where it says so: its tests wait for pods most of the time.
          maxConcurrency: 3,
          // A machine at half the speed is not to blame: these only end what hangs.
          testTimeout: 480_000,
          hookTimeout: 480_000,
          expect: { poll: { timeout: 120_000 } },
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // These stop what the others use, or are about the one server of a cluster; they come last, one after the other.
          name: 'disruptive',
          include: ['test/disruptive/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 480_000,
          hookTimeout: 480_000,
          expect: { poll: { timeout: 120_000 } },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
