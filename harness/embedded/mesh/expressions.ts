/** Regular expressions of rules: RE2's, as far as JavaScript's mean the same. */

/** What JavaScript has and RE2 has not: looking around, and back. @see https://github.com/google/re2/wiki/Syntax */
const NOT_RE2 = /\(\?<?[=!]|\\[1-9]/;

/** One that has to match a whole value, as Envoy's do. @throws SyntaxError */
export function wholeExpression(text: string): RegExp {
  const insensitive = text.startsWith('(?i)');
  if (NOT_RE2.test(text)) throw new SyntaxError('RE2 has no such expression');
  return new RegExp(`^(?:${insensitive ? text.slice(4) : text})$`, insensitive ? 'i' : '');
}

export function isExpression(text: string): boolean {
  try {
    return wholeExpression(text) instanceof RegExp;
  } catch {
    return false;
  }
}
