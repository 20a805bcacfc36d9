/** The page about the suites as Markdown, not yet formatted. */
import { COMPANION } from '../../harness/play/companion.ts';
import { groupBy } from '../../harness/report/group.ts';
import { variantsOf } from '../../harness/topology/topology.ts';
import { DEFAULTS } from '../../harness/verdict/defaults.ts';
import { describeRule, percent } from '../../harness/verdict/describe.ts';
import { cleanRunOf } from '../../harness/verdict/failover.ts';
import { planOf } from '../../harness/verdict/plan.ts';
import type { Basis, CheckFacts, ScenarioFacts, SuiteFacts } from './read.ts';
import { wiring } from './wiring.ts';

/** Every suite, scenario and check. Links are relative to the folder `suites`. */
export function pageOf(suites: readonly SuiteFacts[]): string {
  const paragraphs = [
    '# What is checked',
    '<!-- Made by `npm run suites` from the scenarios: change those, not this page. -->',
    'Every check of every suite, read from the scenarios themselves. `npm run check` fails when this page is not what they say; `npm run suites` makes it anew.',
    table(['suite', 'variants', 'claims', 'checks', 'core', 'extended'], suites.map(summary)),
    '## How to read it',
    legend(),
    ...suites.flatMap(suiteParagraphs),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function summary({ name, topology, scenarios }: SuiteFacts): readonly string[] {
  const checks = scenarios.flatMap((scenario) => scenario.checks);
  // One that differs between variants has several rows, and counts once.
  const distinct = (some: readonly CheckFacts[]): string => String(new Set(some.map(({ id }) => id)).size);
  const isCore = new Set(checks.filter(({ level }) => level === 'core').map(({ id }) => id));
  return [
    `[${name}](#${name})`,
    variantsOf(topology).join(', '),
    String(new Set(scenarios.map(({ claim }) => claim)).size),
    distinct(checks),
    distinct(checks.filter(({ level }) => level === 'core')),
    distinct(checks.filter(({ id }) => !isCore.has(id))),
  ];
}

function legend(): string {
  const { falseFail, suiteFalseAlarm, round, residual, budgetMiss } = DEFAULTS;
  const shared = Math.floor(suiteFalseAlarm / falseFail / 2);
  const { maxRequests } = planOf(COMPANION);
  const cleanRun = cleanRunOf(
    { kind: 'failover', from: '', to: '', eventMs: 0, withinMs: 0, maxErrors: 0 },
    DEFAULTS,
  );
  return [
    "A check's id in a report is `SUITE/VARIANT/` and then the id that stands here. A variant behind it says that the check is made, or made so, only there.",
    '**core**: the words of the document. **extended**: what the mesh does beyond them.',
    `**False pass**: a mesh that is wrong by the rule's whole tolerance is called conformant at most so often. **False alarm**: a mesh that is right is called non-conformant at most so often. A run of more than ${String(shared)} checks shares out ${odds(suiteFalseAlarm)} over them and their companions: each then has fewer false alarms, and a few take some rounds of ${String(round)} calls more.`,
    `**Calls**: the most that the rule may take, so that no more than ${odds(budgetMiss)} runs on a right mesh end undecided. On the same calls each check that has a number here has a companion, that ${describeRule(COMPANION)}: the same error rates, at most ${count(maxRequests)} calls.`,
    `**By the clock**: paced calls go on while something is lost or comes back. Errors and times of this one event are counted and compared with the bound. That the switch is over is a sample: ${String(cleanRun)} answers in a row rule out that ${percent(residual)} still come from elsewhere, with the false pass of each check for each time that they start. They may start anew after each other answer within the limit: a mesh that leaves just so many behind for ever passes in simulation 1.9 times in 1,000 with a limit of 2 s, 8.1 times with 15 s, 22.7 times with 45 s.`,
    '**—**: no sample decides it: a state is looked at, or what happened is read off. Bounds in seconds and errors are the defaults of [options](../README.md#options).',
  ]
    .map((item) => `- ${item}`)
    .join('\n');
}

function suiteParagraphs(suite: SuiteFacts): readonly string[] {
  const { name, hasReadme, topology, scenarios } = suite;
  const readme = hasReadme ? `[About this suite](${name}/README.md). ` : '';
  const variants = variantsOf(topology);
  return [
    `## ${name}`,
    `${readme}Its [topology](${name}/topology.yaml):`,
    variants.map((variant) => `- \`${variant}\`: ${escaped(wiring(topology, variant))}`).join('\n'),
    ...scenarios.flatMap((scenario) => scenarioParagraphs(scenario, suite)),
  ];
}

function scenarioParagraphs(scenario: ScenarioFacts, { name, topology }: SuiteFacts): readonly string[] {
  const { folder, claim, title, document, needs, variants, disruptive, checks } = scenario;
  const all = variantsOf(topology);
  const header = ['check', 'what is promised', 'level', 'rule', 'false pass', 'false alarm', 'calls'];
  const about = [
    `Document: ${escaped(document)}.`,
    `Scenario [${folder}](${name}/${folder}/scenario.ts)${needs.length > 0 ? `, needs ${needs.join(', ')}` : ''}.`,
    ...(variants.length < all.length ? [`Only in ${code(variants)}.`] : []),
    ...(disruptive ? ['It disrupts what others need, and runs last.'] : []),
  ];
  return [
    `### ${escaped(`${claim} ${title}`)}`,
    about.join(' '),
    checks.length === 0
      ? 'No check.'
      : table(
          header,
          byAllButLevel(checks).map((same) => row(same, variants)),
        ),
  ];
}

/** What is core in one variant and extended in another is one check to its reader. */
function byAllButLevel(checks: readonly CheckFacts[]): readonly (readonly CheckFacts[])[] {
  return [...groupBy(checks, (check) => JSON.stringify({ ...check, level: '', variants: [] })).values()];
}

function row(same: readonly CheckFacts[], variants: readonly string[]): readonly string[] {
  const [first] = same;
  if (first === undefined) return [];
  const { id, sentence, rule, basis } = first;
  const found = same.flatMap((check) => check.variants);
  const only = found.length < variants.length ? ` (${found.join(', ')})` : '';
  const levels = same.map((check) => `${check.level} (${check.variants.join(', ')})`).join(', ');
  const level = same.length > 1 ? levels : first.level;
  return [`\`${id}\`${only}`, escaped(sentence), level, escaped(rule), ...figures(basis)];
}

/** False pass, false alarm, calls. */
function figures(basis: Basis): readonly [string, string, string] {
  switch (basis.kind) {
    case 'sample':
      return [odds(basis.risk.falsePass), odds(basis.risk.falseFail), count(basis.maxCalls)];
    case 'clock':
      return [basis.falsePass === null ? '—' : odds(basis.falsePass), '—', 'by the clock'];
    case 'look':
      return ['—', '—', '—'];
  }
}

/** "1 in 1,000". */
const odds = (probability: number): string => `1 in ${count(Math.round(1 / probability))}`;
const count = (calls: number): string => calls.toLocaleString('en-US');
const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/** Readers of tables do not agree on where a cell ends when code has these two in a row. */
const AMBIGUOUS = String.raw`\|`;

/** Sentences are plain text but for `code`: nothing else in them is Markdown. */
function escaped(text: string): string {
  const parts = text.replaceAll(/\s+/g, ' ').split(/(`[^`]+`)/);
  const isCode = (part: string, index: number): boolean => index % 2 === 1 && !part.includes(AMBIGUOUS);
  return parts
    .map((part, index) => (isCode(part, index) ? part : part.replaceAll(/[\\`*_<[\]]/g, String.raw`\$&`)))
    .join('');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
