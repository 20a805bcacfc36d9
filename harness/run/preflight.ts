import { istioctlPreflight } from '../mesh/istioctl-preflight.ts';
import type { Finding } from '../provider/types.ts';
import { existingMeshFindings } from './existing-mesh.ts';
import type { Plan } from './plan.ts';
import { userPath } from './setup.ts';
import type { RunOptions } from '../options/types.ts';

/** Everything that would go wrong later, found before anything is made. */
export async function preflight(plan: Pick<Plan, 'variants'>, options: RunOptions): Promise<Finding[]> {
  const [first] = plan.variants;
  if (first === undefined) return [];
  const needsIstioctl = !first.provider.meshIsThere && options.installer === undefined;
  const overlays = options.installValues === undefined ? [] : [userPath(options.installValues)];
  const found = await Promise.all([
    first.provider.preflight(),
    needsIstioctl ? istioctlPreflight({ program: options.istioctlBin, overlays }) : [],
  ]);
  const findings = found.flat();
  const hasErrors = findings.some(({ severity }) => severity === 'error');
  // A mesh that is made together with its clusters is not there yet.
  if (!first.provider.meshIsThere || first.provider.ownsClusters || hasErrors) return findings;
  return [...findings, ...(await existingMeshFindings(plan.variants, options))];
}

/** A finding as one line, with what mends it below. */
export const described = ({ severity, subject, message, remedy }: Finding): string =>
  `${severity} ${subject}: ${message}${remedy === null ? '' : `\n    ${remedy}`}`;
