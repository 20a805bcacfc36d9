import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['harness/**/*.test.ts', 'scripts/**/*.test.ts', 'fixtures/**/*.test.ts'],
    retry: 0,
    // Most tests wait rather than compute.
    maxWorkers: '100%',
    allowOnly: false,
    passWithNoTests: false,
    // A busy machine is no failure; a test that hangs is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { requireAssertions: true },
  },
});
