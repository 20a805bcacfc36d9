import { groupBy } from './group.ts';
import { numbersOf } from './numbers.ts';
import { fit, oneLine } from './text.ts';
import type { CheckRecord, Report } from './types.ts';
import { xmlDocument } from './xml.ts';
import type { Element } from './xml.ts';

/** Readers of JUnit keep the message in their lists: it stays short. The text may be long. */
const MESSAGE_LIMIT = 1000;
const TEXT_LIMIT = 64 * 1024;

/**
 * The report in the JUnit dialect that Jenkins, GitLab and the GitHub actions agree on. A non-conformant check is a
 * failure, an inconclusive one an error, and a skipped one says why.
 */
export function junitXml(report: Report): string {
  const suites = [...groupBy(report.checks, (check) => `${check.suite}/${check.variant}`)];
  return xmlDocument({
    name: 'testsuites',
    attributes: { name: 'meshproof', ...tallies(report.checks) },
    children: suites.map(([name, checks]) => suiteElement(name, { checks, report })),
  });
}

function tallies(checks: readonly CheckRecord[]): Record<string, string | number> {
  const number = (verdict: CheckRecord['verdict']): number =>
    checks.filter((check) => check.verdict === verdict).length;
  return {
    tests: checks.length,
    failures: number('non-conformant'),
    errors: number('inconclusive'),
    skipped: number('skipped'),
    time: seconds(checks.reduce((sum, check) => sum + check.durationMs, 0)),
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function suiteElement(
  name: string,
  { checks, report }: { checks: readonly CheckRecord[]; report: Report },
): Element {
  const timestamp = (checks[0]?.startedAt ?? report.run.started).replace(/\.\d+Z$|Z$/, '');
  return {
    name: 'testsuite',
    attributes: { name, timestamp, hostname: report.provider, ...tallies(checks) },
    children: [properties(facts(report)), ...checks.map(caseElement)],
  };
}

function facts({ run, environment, provider }: Report): Record<string, string | number> {
  const { mesh } = environment;
  return {
    run: run.id,
    seed: run.seed,
    command: run.command,
    'harness.version': run.harnessVersion,
    provider,
    ...(mesh === null ? {} : { mesh: `${mesh.name} ${mesh.version}`, 'mesh.dataPlane': mesh.dataPlane }),
    ...Object.fromEntries(
      environment.clusters.map((cluster) => [
        `kubernetes.${cluster.name}`,
        cluster.kubernetesVersion ?? 'unknown',
      ]),
    ),
  };
}

function properties(values: Readonly<Record<string, string | number>>): Element {
  const children = Object.entries(values).map(([name, value]) => ({
    name: 'property',
    attributes: { name, value },
  }));
  return { name: 'properties', children };
}

function caseElement(check: CheckRecord): Element {
  const { suite, variant, id, sentence, durationMs, claim, level, verdict, reason } = check;
  const short = id.replace(`${suite}/${variant}/`, '');
  const attachments = [
    ...(check.answersFile === null ? [] : [check.answersFile]),
    ...(check.diagnostics?.files ?? []),
  ];
  const output = [numbersOf(check), ...attachments.map((file) => `[[ATTACHMENT|${oneLine(file)}]]`)];
  return {
    name: 'testcase',
    attributes: {
      classname: `${suite}.${variant}`,
      name: `${short}: ${sentence}`,
      time: seconds(durationMs),
    },
    children: [
      properties({ id, claim, level, verdict, reason, requests: check.requests }),
      ...outcomeElements(check),
      { name: 'system-out', text: output.join('\n') },
    ],
  };
}

function outcomeElements(check: CheckRecord): readonly Element[] {
  const message = fit(oneLine(check.message), MESSAGE_LIMIT);
  if (check.verdict === 'conformant') return [];
  if (check.verdict === 'skipped') return [{ name: 'skipped', attributes: { message } }];
  const name = check.verdict === 'inconclusive' ? 'error' : 'failure';
  return [{ name, attributes: { message, type: check.reason }, text: fit(detailOf(check), TEXT_LIMIT) }];
}

function detailOf({ message, diagnostics, gate }: CheckRecord): string {
  const waited = gate === null || gate.reached ? [] : [`gate not reached: ${gate.sawLast}`];
  const where = diagnostics?.where === undefined ? [] : [`where: ${diagnostics.where}`];
  const again = diagnostics?.again === undefined ? [] : [`again: ${diagnostics.again}`];
  return [
    message,
    ...waited,
    ...where,
    ...(diagnostics?.hints ?? []).map((hint) => `hint: ${hint}`),
    ...again,
  ].join('\n');
}
