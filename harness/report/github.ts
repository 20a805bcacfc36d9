import { oneLine } from './text.ts';
import type { Report } from './types.ts';

/** GitHub shows ten errors and ten warnings of a step. */
const SHOWN = 10;

/** The report as workflow commands: an error for each non-conformant check, a warning for each inconclusive one. */
export function githubAnnotations(report: Report): readonly string[] {
  const of = (verdict: string, command: string): readonly string[] =>
    report.checks
      .filter((check) => check.verdict === verdict)
      .slice(0, SHOWN)
      .map((check) => `::${command} title=${property(`${check.id} is ${verdict}`)}::${data(check.message)}`);
  return [...of('non-conformant', 'error'), ...of('inconclusive', 'warning')];
}

function data(text: string): string {
  return oneLine(text).replaceAll('%', '%25');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
