import { finiteOrNot } from './evidence.ts';
import { counted, fit, grouped, odds, oneLine, percent } from './text.ts';
import type { CheckRecord, Evidence } from './types.ts';

/** Of a message, in place of numbers. */
const LONGEST = 300;

/** What was seen in a check, in one line: requests, shares with their intervals, errors, switch, odds. */
export function numbersOf(check: CheckRecord): string {
  if (check.requests === 0) return fit(oneLine(check.message), LONGEST);
  const answers = answersOf(check);
  const parts = [
    `${counted(check.requests, 'request')}${answers === '' ? '' : `: ${answers}`}`,
    switchOf(check.evidence),
    ...(check.evidence === null ? [] : errorsOf(check.evidence)),
    oddsOf(check),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** Shares matter where a share is claimed; elsewhere it is the counts. Errors are reported on their own. */
function answersOf({ rule, counts, shares }: CheckRecord): string {
  const aboutShares = rule?.kind === 'distribution' || rule?.kind === 'share';
  const labels = [...new Set([...Object.keys(shares), ...Object.keys(counts)])].filter(
    (label) => label !== 'error',
  );
  return labels
    .map((label) => {
      const share = shares[label];
      const name = oneLine(label);
      if (!aboutShares || share === undefined) return `${name} ${grouped(counts[label] ?? 0)}`;
      return `${name} ${percent(share.estimate)} (${interval(share)})`;
    })
    .join(', ');
}

function interval({ low, high }: { low: number; high: number }): string {
  return `${(low * 100).toFixed(0)}–${(high * 100).toFixed(0)}`;
}

function switchOf(evidence: Evidence | null): string {
  if (evidence?.switchMs === undefined) return '';
  const { lower, upper } = evidence.switchMs;
  const from = (lower / 1000).toFixed(2);
  if (typeof upper !== 'number') return `not switched after ${from} s`;
  return `switched after ${from}–${(upper / 1000).toFixed(2)} s`;
}

function errorsOf({ errors, errorsBeforeSwitch, retries }: Evidence): readonly string[] {
  return [
    errors === null ? '' : `${grouped(errors.count)} of ${grouped(errors.requests)} lost`,
    errorsBeforeSwitch === undefined ? '' : `${grouped(errorsBeforeSwitch)} lost before that`,
    retries === undefined || retries === 0 ? '' : counted(retries, 'retry').replace('retrys', 'retries'),
  ];
}

/** E-values as odds: for the claim where it holds, against it where it fails, both where nothing is decided. */
function oddsOf({ evidence, verdict }: CheckRecord): string {
  if (evidence === null) return '';
  const inFavour = verdict === 'non-conformant' ? '' : sideOf(evidence.logFor, 'shown outright', 'for');
  const against = verdict === 'conformant' ? '' : sideOf(evidence.logAgainst, 'refuted outright', 'against');
  return [inFavour, against].filter((part) => part !== '').join(', ');
}

function sideOf(log: Evidence['logFor'], outright: string, side: string): string {
  const value = log === null ? -Infinity : finiteOrNot(log);
  if (value === Infinity) return outright;
  return value > 0 ? `odds ${odds(value)} ${side}` : '';
}
