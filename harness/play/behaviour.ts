import type { KubernetesObject } from '../cluster/types.ts';
import type { Event } from './heard-answers.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Scene } from './scene.ts';

/** How an instance of fixtures/apps/backend.yaml can be told to behave. */
export type Behaviour = 'well' | 'unready' | 'unavailable' | 'hanging' | `overloaded ${number}`;

const WRITE = "require('node:fs').writeFileSync('/tmp/behaviour', process.argv[1])";

/** Tells an instance of backend how to behave from now on. @throws Error if it cannot be told */
export async function behave(
  scene: Scene,
  cluster: ScenarioCluster,
  what: { readonly deployment: string; readonly behaviour: Behaviour },
): Promise<Event> {
  const { deployment, behaviour } = what;
  const version = deployment.slice(deployment.lastIndexOf('-') + 1);
  const pods = await cluster.member.client.list<KubernetesObject & { status?: { phase?: string } }>({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: scene.namespace,
    labelSelector: `app=backend,version=${version}`,
  });
  // One that is told to be unready has to be told again.
  const pod = pods.find(
    ({ status, metadata }) => status?.phase === 'Running' && metadata['deletionTimestamp'] === undefined,
  )?.metadata.name;
  if (pod === undefined) throw new Error(`no running pod of ${deployment} in ${cluster.name}`);
  const sentMs = Date.now();
  const { exitCode, stderr } = await cluster.exec({
    namespace: scene.namespace,
    pod,
    container: 'backend',
    command: ['node', '-e', WRITE, behaviour],
    timeoutMs: 10_000,
  });
  if (exitCode !== 0) throw new Error(`${deployment} in ${cluster.name} could not be told: ${stderr.trim()}`);
  return {
    what: `${deployment} in ${cluster.name} behaves ${behaviour}`,
    sentMs,
    acknowledgedMs: Date.now(),
  };
}
