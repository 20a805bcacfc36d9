/** What a rule must look like when it comes from outside. */
import { z } from 'zod';
import { distributionMistakes, failoverMistakes, LEAST_SHARE, reachesMistakes } from './rule-meaning.ts';
import type { MeaningCheck } from './rule-meaning.ts';
import type { Rule } from './types.ts';
import { ERROR_LABEL } from './types.ts';

/** A number with bounds, and one text for whatever is wrong with it. */
const number = (text: string): z.ZodNumber => z.number({ error: `expected ${text}` });

const fractionText = 'a number above 0 and below 1';
const fraction = number(fractionText)
  .gt(0, { error: `expected ${fractionText}` })
  .lt(1, { error: `expected ${fractionText}` });

/** Why no share may be nearer to 0 or 1: there its complement is rounded, or loses its digits. */
const hardlyTold = 'to tell it from none, or from all, takes billions of answers';

/** A share of answers that can be told from none and from all. */
const share = fraction
  .refine((value) => value <= 0 || value >= LEAST_SHARE, {
    error: `expected at least ${String(LEAST_SHARE)}: ${hardlyTold}`,
  })
  .refine((value) => value >= 1 || value <= 1 - LEAST_SHARE, {
    error: `expected at most ${String(1 - LEAST_SHARE)}: ${hardlyTold}`,
  });

const atLeast = (least: number, text: string): z.ZodNumber =>
  number(text).min(least, { error: `expected ${text}` });
const weight = atLeast(0, 'a weight: a finite number of 0 or more');
const milliseconds = number('milliseconds, or [command sent, command acknowledged]');
const wholeText = 'a whole number of 0 or more';

const labelText = 'expected a label: a string that is not empty';
const label = z
  .string({ error: labelText })
  .min(1, { error: labelText })
  .refine((name) => name !== ERROR_LABEL, {
    error: `"${ERROR_LABEL}" is no label: it stands for a lost call`,
  });

const shared = {
  unit: z.enum(['request', 'connection'], { error: 'expected "request" or "connection"' }).exactOptional(),
  risk: z
    .strictObject({ falsePass: fraction.exactOptional(), falseFail: fraction.exactOptional() })
    .exactOptional(),
};

/** What every kind of rule has: all that can be said of one whose kind is unknown. */
export const commonSchema = z.looseObject(shared);

/** Reports what is wrong between the fields, whatever is wrong within them. */
const meaning =
  (check: MeaningCheck) =>
  (rule: unknown, context: z.core.$RefinementCtx): void => {
    for (const { field, text } of check(rule))
      context.addIssue({ code: 'custom', path: [field], message: text });
  };
const always = { when: (): boolean => true };

const distribution = z
  .strictObject({
    kind: z.literal('distribution'),
    weights: z.record(label, weight, { error: 'expected weights by label, as in {"v1": 1, "v2": 1}' }),
    margin: fraction.exactOptional(),
    acceptable: fraction.exactOptional(),
    leakLimit: share.exactOptional(),
    maxBlock: atLeast(1, 'a number of 1 or more').exactOptional(),
    ...shared,
  })
  .superRefine(meaning(distributionMistakes), always);

const exclusive = z.strictObject({
  kind: z.literal('exclusive'),
  label,
  leakLimit: share.exactOptional(),
  ...shared,
});

const reaches = z
  .strictObject({
    kind: z.literal('reaches'),
    labels: z
      .array(label, { error: 'expected a list of labels, as in ["v1", "v2"]' })
      .min(1, { error: 'expected at least one label' }),
    minShare: share.exactOptional(),
    ...shared,
  })
  .superRefine(meaning(reachesMistakes), always);

const preferred = z.strictObject({ kind: z.literal('share'), label, atLeast: share, ...shared });

const errorRate = z.strictObject({ kind: z.literal('errorRate'), below: share, ...shared });

const failover = z
  .strictObject({
    kind: z.literal('failover'),
    from: label,
    to: label,
    eventMs: z.union([milliseconds, z.tuple([milliseconds, milliseconds])], {
      error: 'expected milliseconds, or [command sent, command acknowledged]',
    }),
    withinMs: number('milliseconds above 0').gt(0, { error: 'expected milliseconds above 0' }),
    maxErrors: atLeast(0, wholeText).multipleOf(1, { error: `expected ${wholeText}` }),
    residual: share.exactOptional(),
    ...shared,
  })
  .superRefine(meaning(failoverMistakes), always);

/** A rule as JSON. Unknown keys are mistakes. */
export const ruleSchema: z.ZodType<Rule> = z.discriminatedUnion(
  'kind',
  [distribution, exclusive, reaches, preferred, errorRate, failover],
  {
    error: ({ code }: { readonly code?: string }) =>
      code === 'invalid_union'
        ? 'expected one of "distribution", "exclusive", "reaches", "share", "errorRate", "failover"'
        : 'expected a rule: an object with a "kind"',
  },
);
