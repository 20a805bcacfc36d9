import { kubectl } from '../../cluster/kubeconfig.ts';
import { about } from '../../provider/preflight/findings.ts';
import type { Finding } from '../../provider/types.ts';
import { RUN_LABEL } from '../../state/run-label.ts';
import type { MeshConfig } from '../istio/mesh-config.ts';
import type { MeshMember } from '../preflight.ts';
import { labelsOfRun, selects, type LabelSelector } from './injection.ts';

/** A selector in words, as `kubectl -l` takes it. */
const inWords = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string =>
  [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) =>
      `${key} ${operator} ${values.join('|')}`.trim(),
    ),
  ].join(',');

/**
 * Would control planes look at the namespaces of a run? In others they see no service, and pods wait for ever for the root of
 * trust, a ConfigMap that nobody puts there.
 */
export function checkDiscovered(member: MeshMember, configs: readonly MeshConfig[]): Finding[] {
  const { name, client } = member;
  const labels = { ...labelsOfRun(member), [RUN_LABEL]: 'RUN-ID' };
  const blind = configs.filter(
    ({ discoverySelectors: selectors }) =>
      selectors.length > 0 && !selectors.some((selector) => selects(selector, labels)),
  );
  const say = about(name);
  return blind.map((config) => {
    const wanted = config.discoverySelectors.map(inWords).join(' or ');
    const message = `a control plane looks only at namespaces with ${wanted} (discoverySelectors), which those of a run would not have: its pods would not start there`;
    const remedy = `give them such a label: --namespace-label KEY=VALUE; see: ${kubectl(client)} -n istio-system get configmap ${config.name} -o yaml`;
    // Where another control plane looks at them, it may be the one that is meant.
    return blind.length === configs.length ? say.error(message, remedy) : say.warning(message, remedy);
  });
}
