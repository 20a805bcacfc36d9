import { describe, expect, test } from 'vitest';
import type { Assessment } from '../verdict/types.ts';
import { evidenceOf, finiteOrNot } from './evidence.ts';
import { evidence } from './schema.ts';

const assessment: Assessment = {
  verdict: 'non-conformant',
  reason: 'refuted',
  message: 'Expected only v2; saw v1.',
  requests: 12,
  independentUnits: 12,
  counts: { v1: 1, v2: 11 },
  shares: {},
  logEvidenceFor: -Infinity,
  logEvidenceAgainst: Infinity,
  dependence: { kind: 'none', logE: -Infinity, lag1: 0, effectiveSampleSize: 12 },
  homogeneity: null,
  risk: { falsePass: 1e-3, falseFail: 1e-6 },
  plan: { expectedRequests: 1, maxRequests: 1, round: 1, minForFail: 1 },
  switchMs: { lower: 1, upper: Infinity },
  errors: 3,
};

describe('an assessment in a report', () => {
  test('survives JSON, infinite evidence too', () => {
    const written: unknown = JSON.parse(JSON.stringify(evidenceOf(assessment)));
    const read = evidence.parse(written);
    expect(finiteOrNot(read.logAgainst ?? 0)).toBe(Infinity);
    expect(finiteOrNot(read.logFor ?? 0)).toBe(-Infinity);
    expect(read).toMatchObject({ switchMs: { lower: 1, upper: 'Infinity' }, errorsBeforeSwitch: 3 });
  });

  test('carries the companion error rate', () => {
    const errors = { count: 1, requests: 500, verdict: 'conformant' as const };
    expect(evidenceOf(assessment, errors).errors).toEqual(errors);
  });
});
