import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['harness/**/*.test.ts', 'scripts/**/*.test.ts', 'fixtures/**/*.test.ts'],
    retry: 0,
    // Most tests wait rather than compute.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // Loading the modules anew for each file takes a quarter of the time. What a test sets in its process it takes back.
    isolate: false,
    allowOnly: false,
    passWithNoTests: false,
    // A busy machine is no failure; a test that hangs is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { requireAssertions: true },
  },
});
