import type { CheckRecord } from './types.ts';

/** The part of a check's record that tells of a measurement, when none was taken. */
export const NOTHING_MEASURED = {
  rule: null,
  risk: null,
  requests: 0,
  counts: {},
  shares: {},
  evidence: null,
  gate: null,
  durationMs: 0,
  answersFile: null,
  diagnostics: null,
} as const satisfies Partial<CheckRecord>;
