import { istioctlPreflight } from '../mesh/istioctl-preflight.ts';
import type { Finding } from '../provider/types.ts';
import { existingMeshFindings } from './existing-mesh.ts';
import type { Plan } from './plan.ts';
import { userPath } from './setup.ts';
import type { RunOptions } from '../options/types.ts';

/** Everything that would go wrong later, found before anything is made. */
export async function preflight(plan: Pick<Plan, 'benches'>, options: RunOptions): Promise<Finding[]> {
  const [first] = plan.benches;
  if (first === undefined) return [];
  const needsIstioctl = !first.provider.meshIsThere && options.installer === undefined;
  const overlays = options.installValues === undefined ? [] : [userPath(options.installValues)];
  const found = await Promise.all([
    ...ofDifferentClusters(plan.benches).map(({ provider }) => provider.preflight()),
    needsIstioctl ? istioctlPreflight({ program: options.istioctlBin, overlays }) : [],
  ]);
  const findings = distinct(found.flat());
  const hasErrors = findings.some(({ severity }) => severity === 'error');
  // A mesh that is made together with its clusters is not there yet.
  if (!first.provider.meshIsThere || first.provider.ownsClusters || hasErrors) return findings;
  return [...findings, ...(await existingMeshFindings(plan.benches, options))];
}

/** Providers look at clusters, whatever their networks are going to be. */
const ofDifferentClusters = (benches: Plan['benches']): Plan['benches'] => [
  ...new Map(
    benches.map((bench) => [
      JSON.stringify(bench.clusters.map(({ network: _, ...cluster }) => cluster)),
      bench,
    ]),
  ).values(),
];

/** What several benches have in common is told once. */
const distinct = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values(),
];

/** A finding as one line, with what mends it below. */
export const described = ({ severity, subject, message, remedy }: Finding): string =>
  `${severity} ${subject}: ${message}${remedy === null ? '' : `\n    ${remedy}`}`;
