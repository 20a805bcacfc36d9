import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeRule } from './describe.ts';
import { checkRule, parseRule, RuleError } from './parse-rule.ts';
import { distribution, errorRate, exclusive, failover, reaches, share } from './rules.ts';

/** The mistakes in a rule. */
const mistakesIn = (rule: unknown): readonly string[] => {
  const parsed = checkRule(rule);
  return 'mistakes' in parsed ? parsed.mistakes : [];
};

test.each([
  '{"kind":"distribution","weights":{"v1":1,"v2":1},"margin":0.1}',
  '{"kind":"exclusive","label":"v3","leakLimit":0.01}',
  '{"kind":"reaches","labels":["v1","v2"],"minShare":0.25}',
  '{"kind":"errorRate","below":0.01}',
  '{"kind":"share","label":"local","atLeast":0.95}',
  '{"kind":"failover","from":"v1","to":"v2","eventMs":2000,"withinMs":10000,"maxErrors":5,"residual":0.05}',
  '{"kind":"failover","from":"v1","to":"v2","eventMs":[2000,2100],"withinMs":10000,"maxErrors":5}',
  '{"kind":"exclusive","label":"v3","unit":"connection","risk":{"falsePass":0.01,"falseFail":0.0001}}',
])('%s is a rule, and means what it says', (text) => {
  expect(parseRule(text)).toEqual({ rule: JSON.parse(text) as unknown });
});

test('all mistakes are found at once, each with its place, what was expected and what was found', () => {
  const rule = {
    kind: 'distribution',
    weights: { v1: 'x', '': -1, error: 1 },
    margin: 7,
    zz: 1,
    risk: { pass: 1 },
  };
  expect(mistakesIn(rule)).toEqual([
    'weights.v1: expected a weight: a finite number of 0 or more, found "x"',
    'weights.: expected a label: a string that is not empty',
    'weights.error: "error" is no label: it stands for a lost call',
    'margin: expected a number above 0 and below 1, found 7',
    'risk: unknown key "pass"',
    'unknown key "zz"',
  ]);
});

test.each([
  [{ kind: 'distribution', weights: { v1: 0 } }, /weights: expected at least one weight above 0/],
  [{ kind: 'distribution', weights: { v1: 1e308, v2: 1e308 } }, /finite sum/],
  [{ kind: 'distribution', weights: { v1: Infinity } }, /weights.v1: expected a weight/],
  [{ kind: 'distribution', weights: { v1: 1, v2: 1 }, margin: 0.5 }, /margin: expected a margin below 0.5/],
  [
    { kind: 'distribution', weights: { v1: 1, v2: 1 }, margin: 0.1, acceptable: 0.2 },
    /acceptable: expected at most/,
  ],
  [{ kind: 'distribution', weights: ['v1'] }, /weights: expected weights by label/],
  [{ kind: 'reaches', labels: [] }, /labels: expected at least one/],
  [{ kind: 'reaches', labels: ['a', 'a'] }, /labels: expected each label once, found "a" more than once/],
  [{ kind: 'reaches', labels: ['a', 'b'], minShare: 0.6 }, /minShare: expected at most 0.5/],
  [{ kind: 'share', label: 'a', atLeast: 1 }, /atLeast: expected a number above 0 and below 1, found 1/],
  [{ kind: 'errorRate' }, /below: .* found nothing/],
  [{ kind: 'exclusive', label: 'error' }, /"error" is no label/],
  [{ kind: 'exclusive', label: 'a', unit: 'call' }, /unit: expected "request" or "connection", found "call"/],
  [{ kind: 'nothing' }, /kind: expected one of "distribution".* found "nothing"/],
  [null, /expected a rule/],
])('%j is no rule', (rule, mistake) => {
  expect(mistakesIn(rule).join('\n')).toMatch(mistake);
});

test.each([
  [{ kind: 'errorRate', below: 1e-17 }, 'below: expected at least 1e-9'],
  [{ kind: 'share', label: 'a', atLeast: 1e-17 }, 'atLeast: expected at least 1e-9'],
  [{ kind: 'share', label: 'a', atLeast: 1 - 1e-15 }, 'atLeast: expected at most 0.999999999'],
  [{ kind: 'exclusive', label: 'a', leakLimit: 1e-300 }, 'leakLimit: expected at least 1e-9'],
  [{ kind: 'reaches', labels: ['a', 'b'], minShare: 1e-12 }, 'minShare: expected at least 1e-9'],
  [
    { kind: 'distribution', weights: { a: 1, b: 1 }, margin: 1e-200 },
    'margin: expected a margin of at least',
  ],
  [
    { kind: 'distribution', weights: { a: 1, b: 1e-17 } },
    'weights: expected weights of 0, or shares of at least',
  ],
])('%j is too near to none or to all to be told from it', (rule, mistake) => {
  expect(mistakesIn(rule)).toEqual([expect.stringContaining(mistake)]);
});

test.each([
  [
    { kind: 'distribution', weights: { v1: -1, v2: 1 }, margin: 0.1, acceptable: 0.2 },
    ['weights.v1: ', 'acceptable: expected at most the margin (0.1)'],
  ],
  [
    { kind: 'distribution', weights: { v1: 1, v2: 1 }, margin: 7, acceptable: 8 },
    ['margin: expected a number above 0', 'acceptable: expected a number above 0'],
  ],
  [
    { kind: 'reaches', labels: ['v1', 'v1', 'v2', 'v2', 'v1'], minShare: 2 },
    [
      'minShare: ',
      'labels: expected each label once, found "v1"',
      'labels: expected each label once, found "v2"',
    ],
  ],
  [{ kind: 'foo', unit: 'x', risk: { pass: 1 } }, ['kind: ', 'unit: ', 'risk: ']],
])('of %j every mistake is named, and each once', (rule, mistakes) => {
  expect(mistakesIn(rule)).toEqual(mistakes.map((mistake): unknown => expect.stringContaining(mistake)));
});

test('a failover must go somewhere else, and its command is sent before it is acknowledged', () => {
  const rule = { kind: 'failover', from: 'a', to: 'a', eventMs: [3, 1], withinMs: 0, maxErrors: 0.5 };
  expect(mistakesIn(rule)).toHaveLength(4);
});

test('reading a rule never throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const parsed = parseRule(text);
      expect('rule' in parsed || parsed.mistakes.length > 0).toBe(true);
    }),
  );
  expect(parseRule('{"kind":"distribution","weights":{"__proto__":1}}')).toHaveProperty('mistakes');
});

test('a mistake in a builder is an error at once, with all of them', () => {
  expect(() => distribution({ v1: -1 }, { margin: 2 })).toThrow(RuleError);
  expect(() => share('', { atLeast: 2 })).toThrow(/2|mistakes: label: .*; atLeast: /);
});

test('each rule is described by a sentence', () => {
  expect(describeRule(distribution({ v1: 2, v2: 1 }))).toBe(
    'v1 answers 66.67 % and v2 answers 33.33 % of calls, each within 10 points; no other answers',
  );
  expect(describeRule(distribution({ v1: 1, v2: 0 }))).toBe(
    'v1 alone answers; v2 and any other never answer',
  );
  expect(describeRule(exclusive('v3'))).toBe('v3 alone answers; less than 1 % can come from others');
  expect(describeRule(reaches(['v1', 'v2', 'v3']))).toBe('v1, v2 and v3 all answer');
  expect(describeRule(share('local', { atLeast: 0.95 }))).toBe('local answers at least 95 % of calls');
  expect(describeRule(errorRate({ below: 0.01 }))).toBe('less than 1 % of calls end in an error');
  expect(describeRule(failover({ from: 'v1', to: 'v2', eventMs: 0, withinMs: 1500, maxErrors: 1 }))).toBe(
    'v2 takes over from v1 within 1.5 s of the event, with at most 1 error',
  );
});
