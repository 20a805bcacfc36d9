import { groupBy } from '../../harness/report/group.ts';
import { numbersOf } from '../../harness/report/numbers.ts';
import type { CheckRecord, Report } from '../../harness/report/types.ts';
import { pairsOf, unpaired, type Pair } from './compare.ts';

/** Two reports of the same suites as Markdown: what differs first, then every check on both. */
export function sideBySide(real: Report, embedded: Report): string {
  const pairs = pairsOf(real, embedded);
  const lines = [
    '# The embedded mesh beside a real one',
    '',
    `Every check of ${nameOf(real)} and of ${nameOf(embedded)}: shares, times and errors. Written by`,
    '`scripts/side-by-side.ts` from the reports of healthy runs. "There" is the real mesh, "here" the embedded one; what is',
    'real, simplified and absent in it is told in [its README](../harness/embedded/README.md).',
    '',
    ...differing(pairs),
    ...onlyOnOne(real, embedded),
    ...[...groupBy(pairs, ({ real: { suite, variant } }) => `${suite} / ${variant}`)].flatMap(table),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function nameOf({ environment, provider, run }: Report): string {
  const { mesh, clusters } = environment;
  const versions = [...new Set(clusters.map(({ kubernetesVersion }) => kubernetesVersion ?? '?'))];
  return `${mesh?.name ?? 'a mesh'} ${mesh?.version ?? ''} (${provider}, Kubernetes ${versions.join(', ')}, seed ${String(run.seed)})`;
}

function differing(pairs: readonly Pair[]): string[] {
  const found = pairs.filter(({ differences }) => differences.length > 0);
  return [
    '## What differs',
    '',
    `${String(found.length)} of ${String(pairs.length)} checks: another verdict, shares that chance does not explain, a switch more than 2 s earlier`,
    'or later, or more than one call in a hundred lost on one of them alone.',
    '',
    ...found.map(({ real, differences }) => `- ${cell(real.id)}: ${cell(differences.join('; '))}`),
    ...(found.length === 0 ? [] : ['']),
  ];
}

function onlyOnOne(real: Report, embedded: Report): string[] {
  const lists = [
    ['there', unpaired(real, embedded)],
    ['here', unpaired(embedded, real)],
  ] as const;
  const lines = lists
    .filter(([, ids]) => ids.length > 0)
    .map(([where, ids]) => `- Judged only ${where}: ${ids.map(cell).join(', ')}`);
  return lines.length === 0 ? [] : [...lines, ''];
}

function table([place, pairs]: readonly [string, readonly Pair[]]): string[] {
  const rows = pairs.map(({ real, embedded }) => {
    const short = real.id.replace(`${real.suite}/${real.variant}/`, '');
    return `| ${[short, seen(real), seen(embedded)].map(cell).join(' | ')} |`;
  });
  return [`## ${cell(place)}`, '', '| Check | There | Here |', '| --- | --- | --- |', ...rows, ''];
}

/** The odds say how much was asked, not how the mesh is. */
function seen(check: CheckRecord): string {
  const numbers = numbersOf(check).replace(/; (?:odds [^;]*|shown outright)$/, '');
  return check.verdict === 'conformant' ? numbers : `${check.verdict}: ${numbers}`;
}

/** Text from elsewhere in a table: one line, and nothing in it is Markdown or HTML. */
const cell = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]|<>#]/g, (character) => `\\${character}`);
