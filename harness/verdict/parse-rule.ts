import type { z } from 'zod';
import { commonSchema, ruleSchema } from './rule-schema.ts';
import type { Rule } from './types.ts';

/** A rule that cannot be judged, with all that is wrong with it. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`the rule has ${mistakes.length === 1 ? 'a mistake' : 'mistakes'}: ${mistakes.join('; ')}`);
    this.mistakes = mistakes;
  }
}

/** Either a rule or every mistake in it. */
export type ParsedRule = { readonly rule: Rule } | { readonly mistakes: readonly string[] };

/** What was found at a path, for a message. */
function foundAt(value: unknown, path: readonly PropertyKey[]): string {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  if (found === undefined) return 'found nothing';
  if (typeof found === 'function' || typeof found === 'symbol') return `found a ${typeof found}`;
  const text = typeof found === 'number' ? String(found) : JSON.stringify(found);
  return `found ${text.length > 60 ? `${text.slice(0, 59)}…` : text}`;
}

/** One line for each mistake: where, what was expected, what was found. */
function mistakesOf(error: z.ZodError, value: unknown): readonly string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    const place = path === '' ? '' : `${path}: `;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${place}unknown key ${JSON.stringify(key)}`);
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${place}${message}`);
    return [`${place}${issue.message}, ${foundAt(value, issue.path)}`];
  });
}

/** Checks a rule that was written in code or read from a file. */
export function checkRule(value: unknown): ParsedRule {
  const result = ruleSchema.safeParse(value);
  if (result.success) return { rule: result.data };
  const isUnknownKind = result.error.issues.some(({ path }) => path[0] === 'kind');
  const common = isUnknownKind ? commonSchema.safeParse(value).error : undefined;
  return { mistakes: [result.error, common].flatMap((error) => (error ? mistakesOf(error, value) : [])) };
}

/** Reads a rule from JSON text. Never throws. */
export function parseRule(text: string): ParsedRule {
  let value: unknown;
  try {
    value = JSON.parse(text, (key, found: unknown) => {
      if (key === '__proto__') throw new SyntaxError('"__proto__" cannot be a key');
      return found;
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { mistakes: [`expected a rule as JSON, as in {"kind":"reaches","labels":["v1","v2"]}: ${why}`] };
  }
  return checkRule(value);
}
