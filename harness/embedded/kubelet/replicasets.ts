/** ReplicaSet → Pods. */
import { requireAccount } from '../api-server/admission.ts';
import { requestDeletion } from '../api-server/deletion.ts';
import { refOf } from '../api-server/store.ts';
import type { MeshHooks, Resource, ResourceRef, Store } from '../types.ts';
import { tellEvent } from './events.ts';
import { randomSuffix } from './names.ts';
import type { Controller } from './reconciler.ts';
import {
  controllerReference,
  isOwnedBy,
  isReady,
  isTerminating,
  ownersOf,
  podSpec,
  workloadSpec,
  writeStatus,
} from './views.ts';

/** What the controller needs. */
export interface ReplicaSetWorld {
  readonly store: Store;
  readonly mesh: Pick<MeshHooks, 'inject'>;
  /** Looks at a ReplicaSet again. */
  readonly again: (ref: ResourceRef, afterMs: number) => void;
  /** Wait before a refused pod is asked for again, in milliseconds. */
  readonly retryMs: number;
}

/** The controller of ReplicaSets. */
export function replicaSetController(world: ReplicaSetWorld): Controller {
  return {
    concerns: ({ object }) => {
      if (object.kind === 'ReplicaSet') return [refOf(object)];
      return object.kind === 'Pod' ? ownersOf(object, 'ReplicaSet') : [];
    },
    reconcile: (set) => reconcile(world, set),
  };
}

/** Pods of a ReplicaSet that are not being deleted. */
function activePods(store: Store, set: Resource): Resource[] {
  const { namespace = '' } = set.metadata;
  return store.list('Pod', { namespace }).filter((pod) => isOwnedBy(pod, set) && !isTerminating(pod));
}

function reconcile(world: ReplicaSetWorld, set: Resource): void {
  const { store } = world;
  const { replicas } = workloadSpec(set);
  const active = activePods(store, set);
  for (let missing = replicas - active.length; missing > 0; missing -= 1) if (!makePod(world, set)) break;
  for (const pod of leastUseful(active).slice(0, Math.max(0, active.length - replicas)))
    requestDeletion(store, pod);
  const now = activePods(store, set);
  const ready = now.filter(isReady).length;
  writeStatus(store, refOf(set), {
    replicas: now.length,
    fullyLabeledReplicas: now.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: set.metadata.generation ?? 1,
  });
}

/** Those that go first when there are too many: not ready, then youngest. */
function leastUseful(pods: readonly Resource[]): Resource[] {
  const rank = (pod: Resource): number => (podSpec(pod).nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  const born = ({ metadata }: Resource): string => metadata.creationTimestamp ?? '';
  return [...pods].sort((a, b) => rank(a) - rank(b) || born(b).localeCompare(born(a)));
}

/** False if it was refused: then it is tried again, and an event says why. */
function makePod({ store, mesh, again, retryMs }: ReplicaSetWorld, set: Resource): boolean {
  const { template } = workloadSpec(set);
  const { name: setName, namespace = '' } = set.metadata;
  const name = `${setName}-${randomSuffix()}`;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${setName}-`,
      namespace,
      labels: { ...template.metadata?.labels },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [controllerReference(set)],
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      serviceAccountName: 'default',
      ...structuredClone(template.spec),
    },
    status: { phase: 'Pending' },
  };
  const component = 'replicaset-controller';
  try {
    requireAccount(store, pod);
    store.create(mesh.inject(pod));
    const message = `Created pod: ${name}`;
    tellEvent(store, set, { type: 'Normal', reason: 'SuccessfulCreate', message, component });
    return true;
  } catch (error) {
    const message = `Error creating: ${error instanceof Error ? error.message : 'refused'}`;
    tellEvent(store, set, { type: 'Warning', reason: 'FailedCreate', message, component });
    again(refOf(set), retryMs);
    return false;
  }
}
