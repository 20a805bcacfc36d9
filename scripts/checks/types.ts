/** What a check found: nothing wrong, with a word about how much was looked at; all that is wrong; or why it was not run. */
export type Finding =
  { readonly ok: string } | { readonly problems: readonly string[] } | { readonly skipped: string };

/** One check of `npm run check`. */
export interface Check {
  readonly name: string;
  run(): Promise<Finding>;
}

/** The finding for a list of problems. */
export function finding(problems: readonly string[], ok: string): Finding {
  return problems.length > 0 ? { problems } : { ok };
}
