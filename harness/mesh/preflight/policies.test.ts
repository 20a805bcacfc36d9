import { expect, test } from 'vitest';
import { selects } from './policies.ts';

test.each([
  [{ matchLabels: { a: '1' } }, { a: '1' }, true],
  [{ matchLabels: { a: '1' } }, { a: '2' }, false],
  [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, {}, true],
  [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, { a: '1' }, false],
  [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, {}, false],
  [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, { a: '1' }, false],
  [undefined, { a: '1' }, true],
])('%j selects %j: %s', (selector, labels, yes) => {
  expect(selects(selector, labels as Record<string, string>)).toBe(yes);
});
