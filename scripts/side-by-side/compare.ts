import type { CheckRecord, Report } from '../../harness/report/types.ts';

/** One check on both meshes. */
export interface Pair {
  readonly real: CheckRecord;
  readonly embedded: CheckRecord;
  /** What is not the same, in words; empty where nothing is. */
  readonly differences: readonly string[];
}

/** Times are the mesh's and the machine's: two seconds apart, they are another behaviour. */
const TIME_MS = 2000;
/** Lost calls, as a part of all: that many are allowed beside any other claim. */
const ERRORS = 0.01;

/** The checks that both runs judged, in the order of the first. */
export function pairsOf(real: Report, embedded: Report): Pair[] {
  const others = new Map(embedded.checks.map((check) => [check.id, check]));
  return real.checks.flatMap((check) => {
    const other = others.get(check.id);
    if (other === undefined) return [];
    return [{ real: check, embedded: other, differences: differencesOf(check, other) }];
  });
}

/** A report with the checks of others that it does not have itself, or skipped where they did not. */
export function together(first: Report, more: readonly Report[]): Report {
  const byId = new Map<string, CheckRecord>();
  for (const check of [first, ...more].flatMap(({ checks }) => checks)) {
    const known = byId.get(check.id);
    if (known === undefined || (known.verdict === 'skipped' && check.verdict !== 'skipped'))
      byId.set(check.id, check);
  }
  return { ...first, checks: [...byId.values()].sort((one, other) => byPlace(one, other)) };
}

const byPlace = (one: CheckRecord, other: CheckRecord): number =>
  `${one.suite}/${one.variant}/${one.id}`.localeCompare(`${other.suite}/${other.variant}/${other.id}`, 'en', {
    numeric: true,
  });

/** Ids that only one of the runs has. */
export function unpaired(one: Report, other: Report): string[] {
  const ids = new Set(other.checks.map(({ id }) => id));
  return one.checks.map(({ id }) => id).filter((id) => !ids.has(id));
}

function differencesOf(real: CheckRecord, embedded: CheckRecord): string[] {
  if (real.verdict !== embedded.verdict) return [`${real.verdict} there, ${embedded.verdict} here`];
  return [...shares(real, embedded), ...switches(real, embedded), ...errors(real, embedded)];
}

/** Shares that chance does not explain: their confidence sequences have nothing in common. */
function shares(real: CheckRecord, embedded: CheckRecord): string[] {
  return Object.entries(real.shares).flatMap(([label, there]) => {
    const here = embedded.shares[label];
    if (here === undefined || (there.low <= here.high && here.low <= there.high)) return [];
    return [`share of ${label}: ${percent(there.estimate)} there, ${percent(here.estimate)} here`];
  });
}

function switches(real: CheckRecord, embedded: CheckRecord): string[] {
  const [there, here] = [switchedBy(real), switchedBy(embedded)];
  if (there === undefined || here === undefined || Math.abs(there - here) <= TIME_MS) return [];
  return [`switched after ${seconds(there)} there, ${seconds(here)} here`];
}

function errors(real: CheckRecord, embedded: CheckRecord): string[] {
  const [there, here] = [lost(real), lost(embedded)];
  if (there === undefined || here === undefined || Math.abs(there - here) <= ERRORS) return [];
  return [`lost ${percent(there)} there, ${percent(here)} here`];
}

function switchedBy({ evidence }: CheckRecord): number | undefined {
  const upper = evidence?.switchMs?.upper;
  return typeof upper === 'number' ? upper : undefined;
}

function lost({ evidence }: CheckRecord): number | undefined {
  const { count, requests } = evidence?.errors ?? {};
  return count === undefined || requests === undefined || requests === 0 ? undefined : count / requests;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
