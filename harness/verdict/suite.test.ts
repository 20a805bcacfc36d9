import { expect, test } from 'vitest';
import { accumulateEvidence } from './accumulate.ts';
import { falseFailPerCheck, suiteEvidence } from './suite.ts';

test('checks share the suite’s false alarms, and none gets more than a check alone', () => {
  expect(falseFailPerCheck(60)).toBe(1e-6);
  expect(falseFailPerCheck(1000)).toBeCloseTo(1e-7, 15);
  expect(falseFailPerCheck(60, 1e-6) * 60).toBeCloseTo(1e-6, 12);
  expect(falseFailPerCheck(0)).toBe(1e-6);
});

const quiet = Array.from({ length: 50 }, (_, i) => ({ id: `quiet-${String(i)}`, logEvidenceAgainst: -2 }));

test('a suite that conforms is not refuted, and blames none', () => {
  expect(suiteEvidence(quiet)).toMatchObject({ isRefuted: false, culprits: [] });
  expect(suiteEvidence([])).toMatchObject({ isRefuted: false, logEvidenceAgainst: 0 });
});

test('strong evidence against one check refutes the suite and names that check', () => {
  const bad = { id: 'bad', logEvidenceAgainst: 20 };
  expect(suiteEvidence([...quiet, bad])).toMatchObject({ isRefuted: true, culprits: ['bad'] });
  const refuted = { id: 'refuted', logEvidenceAgainst: Infinity };
  expect(suiteEvidence([...quiet, refuted, bad]).culprits).toEqual(['refuted', 'bad']);
});

test('many weak hints can refute the suite without naming any check', () => {
  const hints = Array.from({ length: 50 }, (_, i) => ({ id: String(i), logEvidenceAgainst: 9.3 }));
  expect(suiteEvidence([...hints, ...quiet.slice(0, 2)])).toMatchObject({ isRefuted: true, culprits: [] });
});

test('evidence of runs of one mesh version multiplies, of several it does not mix', () => {
  const run = { meshVersion: '1.27', requests: 100, logEvidenceFor: 3, logEvidenceAgainst: -1 };
  expect(accumulateEvidence([run, run])).toEqual({
    ...run,
    requests: 200,
    logEvidenceFor: 6,
    logEvidenceAgainst: -2,
  });
  expect(() => accumulateEvidence([run, { ...run, meshVersion: '1.28' }])).toThrow(
    /one mesh version, found 1.27, 1.28/,
  );
  expect(() => accumulateEvidence([])).toThrow(/at least one run/);
});

test('a refutation in any run is one in all', () => {
  const run = { meshVersion: '1', requests: 1, logEvidenceFor: Infinity, logEvidenceAgainst: 0 };
  const refuted = { ...run, logEvidenceFor: -Infinity, logEvidenceAgainst: Infinity };
  expect(accumulateEvidence([run, refuted])).toMatchObject({
    logEvidenceFor: -Infinity,
    logEvidenceAgainst: Infinity,
  });
});
