import { expect, test } from 'vitest';
import { unmetBy } from './precondition.ts';

const P1 = { precondition: true, claim: 'P1' } as const;
const seen = (message: string, figures?: Record<string, number>) => ({
  verdict: 'non-conformant' as const,
  message,
  evidence: figures === undefined ? null : { figures },
});

test('what a precondition refutes stops the rest of the suite, and says why', () => {
  expect(unmetBy(P1, [seen('no way to cluster2')])).toBe('P1 does not hold: no way to cluster2');
  expect(unmetBy(P1, [seen('pods overlap', { overlapsInTheWay: 2 })])).toBe('P1 does not hold: pods overlap');
});

test('what is not in the way of the mesh does not stop it, and hides nothing else that does', () => {
  const harmless = seen('Services overlap', { overlapsInTheWay: 0 });
  expect(unmetBy(P1, [harmless])).toBeUndefined();
  expect(unmetBy(P1, [harmless, seen('no way to cluster2')])).toBe('P1 does not hold: no way to cluster2');
});

test('other scenarios and other verdicts stop nothing', () => {
  expect(unmetBy({ ...P1, precondition: false }, [seen('lost calls')])).toBeUndefined();
  expect(unmetBy(P1, [{ verdict: 'conformant', message: '', evidence: null }])).toBeUndefined();
});
