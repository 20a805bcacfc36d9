import { isTransient } from '../cluster/errors.ts';
import { kubectl } from '../cluster/kubeconfig.ts';
import { mayRun } from '../cluster/pods.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { Member } from '../mesh/types.ts';
import { poll } from '../wait/wait.ts';

/** Something of the mesh's own: istiod, a gateway. */
export interface PartOfMesh {
  readonly namespace: string;
  readonly deployment: string;
}

interface Deployment extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

interface Pod extends KubernetesObject {
  readonly status?: { readonly phase?: string };
}

/** NAMESPACE/DEPLOYMENT */
export const nameOf = ({ namespace, deployment }: PartOfMesh): string => `${namespace}/${deployment}`;

/** How many replicas it shall have; undefined if it is not there. */
export async function replicasOf(member: Member, part: PartOfMesh): Promise<number | undefined> {
  const seen = await read(member, part);
  return seen === undefined ? undefined : (seen.spec?.replicas ?? 1);
}

/**
 * Waits until no pod of it is left: one that was told to end goes on serving until it is gone. Gives up where somebody has
 * brought it back; see `whyNotAway`.
 *
 * @throws WaitTimeout if its pods do not end
 */
export async function waitUntilAway(
  member: Member,
  part: PartOfMesh,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const what = `pods of ${nameOf(part)} in ${member.topology.name} to be gone`;
  await poll({ what, intervalMs: 300, isTransient, ...options }, async (saw) => {
    const deployment = await read(member, part);
    if ((deployment?.spec?.replicas ?? 0) > 0) return true;
    const pods = await podsOf(member, deployment);
    saw(`${String(pods.length)} left: ${pods.map(({ metadata }) => metadata.name).join(', ')}`);
    return pods.length === 0 ? true : undefined;
  });
}

/** Why something that was scaled to 0 is not away, in words, with a command that shows who it was; undefined while it is. */
export async function whyNotAway(member: Member, part: PartOfMesh): Promise<string | undefined> {
  const deployment = await read(member, part);
  const replicas = deployment?.spec?.replicas ?? 0;
  const pods = (await podsOf(member, deployment)).filter(
    ({ metadata }) => metadata['deletionTimestamp'] === undefined,
  );
  if (replicas === 0 && pods.length === 0) return undefined;
  const look = `${kubectl(member.provided)} -n ${part.namespace} get deployment ${part.deployment} -o yaml --show-managed-fields`;
  const cause =
    replicas > 0
      ? 'somebody restored it, such as Argo CD, Flux or an operator'
      : 'they have not been told to end';
  return (
    `expected ${nameOf(part)} in ${member.topology.name} to stay at 0 replicas, to which this play scaled it; seen: ` +
    `${String(replicas)} replicas and ${String(pods.length)} pods: ${cause}. Look: ${look}`
  );
}

function read(member: Member, { namespace, deployment: name }: PartOfMesh): Promise<Deployment | undefined> {
  return member.client.get<Deployment>({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name });
}

async function podsOf(member: Member, deployment: Deployment | undefined): Promise<Pod[]> {
  const labels = Object.entries(deployment?.spec?.selector?.matchLabels ?? {});
  const namespace = deployment?.metadata.namespace;
  if (labels.length === 0 || namespace === undefined) return [];
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  const pods = await member.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
  return pods.filter(mayRun);
}
