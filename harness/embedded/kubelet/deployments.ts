/** Deployment → ReplicaSets, with rolling updates. */
import { refOf } from '../api-server/store.ts';
import type { Resource, Store } from '../types.ts';
import { templateHash } from './names.ts';
import type { Controller } from './reconciler.ts';
import {
  condition,
  controllerReference,
  isOwnedBy,
  isTerminating,
  ownersOf,
  workloadSpec,
  writeStatus,
  type WorkloadSpec,
} from './views.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

/** The controller of Deployments. */
export function deploymentController(store: Store): Controller {
  return {
    concerns: ({ object }) => {
      if (object.kind === 'Deployment') return [refOf(object)];
      return object.kind === 'ReplicaSet' ? ownersOf(object, 'Deployment') : [];
    },
    reconcile: (deployment) => reconcile(store, deployment),
  };
}

const setsOf = (store: Store, deployment: Resource): Resource[] =>
  store
    .list('ReplicaSet', { namespace: deployment.metadata.namespace ?? '' })
    .filter((set) => isOwnedBy(set, deployment) && !isTerminating(set));

const size = (set: Resource): number => workloadSpec(set).replicas;
const counted = (set: Resource, field: string): number =>
  Number((set['status'] as Record<string, unknown> | undefined)?.[field] ?? 0);
const sum = (sets: readonly Resource[], of: (set: Resource) => number): number =>
  sets.reduce((total, set) => total + of(set), 0);

function reconcile(store: Store, deployment: Resource): void {
  const current = currentSet(store, deployment);
  const old = setsOf(store, deployment).filter(({ metadata }) => metadata.uid !== current.metadata.uid);
  const recreate = workloadSpec(deployment).strategy?.type === 'Recreate';
  if (recreate) replaceAll(store, { deployment, current, old });
  else rollOn(store, { deployment, current, old });
  forgetOld(store, deployment, old);
  report(store, deployment, current);
}

interface Rollout {
  readonly deployment: Resource;
  readonly current: Resource;
  readonly old: readonly Resource[];
}

/** The set of the newest template; made with no replicas if there is none. */
function currentSet(store: Store, deployment: Resource): Resource {
  const { template, selector } = workloadSpec(deployment);
  const { name: owner, namespace = '' } = deployment.metadata;
  const hash = templateHash(template);
  const name = `${owner}-${hash}`;
  const found = store.get({ kind: 'ReplicaSet', name, namespace });
  if (found !== undefined) return found;
  const revisions = setsOf(store, deployment).map(({ metadata }) =>
    Number(metadata.annotations?.[REVISION] ?? 0),
  );
  const revision = String(Math.max(0, ...revisions) + 1);
  const labels = { ...template.metadata?.labels, [HASH]: hash };
  const set = store.create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { [REVISION]: revision },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...selector.matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  store.update(refOf(deployment), (copy) => {
    copy.metadata.annotations = { ...copy.metadata.annotations, [REVISION]: revision };
    return copy;
  });
  return set;
}

function scale(store: Store, set: Resource, replicas: number): void {
  store.update(refOf(set), (copy) => ({ ...copy, spec: { ...workloadSpec(copy), replicas } }));
}

/** Recreate: nothing new before all that is old is away. */
function replaceAll(store: Store, { deployment, current, old }: Rollout): void {
  for (const set of old) if (size(set) > 0) scale(store, set, 0);
  const { namespace = '' } = deployment.metadata;
  const left = store.list('Pod', { namespace }).some((pod) => old.some((set) => isOwnedBy(pod, set)));
  if (!left) scale(store, current, workloadSpec(deployment).replicas);
}

/** RollingUpdate: as many new ones as the surge allows, and away with as many old ones as may be missing. */
function rollOn(store: Store, { deployment, current, old }: Rollout): void {
  const spec = workloadSpec(deployment);
  const { surge, unavailable } = allowances(spec);
  const total = sum([current, ...old], size);
  const room = Math.max(0, spec.replicas + surge - total);
  const wanted =
    size(current) > spec.replicas ? spec.replicas : Math.min(spec.replicas, size(current) + room);
  if (wanted !== size(current)) scale(store, current, wanted);
  // Of all that there are, those that are wanted stay, and new ones that are not available yet take nobody's place.
  const least = spec.replicas - unavailable;
  const unproven = Math.max(0, wanted - counted(current, 'availableReplicas'));
  let spare = wanted + sum(old, size) - least - unproven;
  for (const set of old) {
    const less = Math.min(size(set), Math.max(0, spare));
    spare -= less;
    if (less > 0) scale(store, set, size(set) - less);
  }
}

/** By default a quarter: at least one more, and no fewer than all. */
function allowances({ replicas, strategy }: WorkloadSpec): { surge: number; unavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const of = (value: number | string, round: (value: number) => number): number =>
    typeof value === 'number' ? value : round((replicas * Number.parseFloat(value)) / 100);
  const surge = of(maxSurge, Math.ceil);
  const unavailable = of(maxUnavailable, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function forgetOld(store: Store, deployment: Resource, old: readonly Resource[]): void {
  const limit = (deployment['spec'] as { revisionHistoryLimit?: number }).revisionHistoryLimit ?? 10;
  const empty = old
    .filter((set) => size(set) === 0 && counted(set, 'replicas') === 0)
    .sort((a, b) => Number(a.metadata.annotations?.[REVISION]) - Number(b.metadata.annotations?.[REVISION]));
  for (const set of empty.slice(0, Math.max(0, empty.length - limit))) store.remove(refOf(set));
}

function report(store: Store, deployment: Resource, { metadata }: Resource): void {
  const sets = setsOf(store, deployment);
  const total = (field: string, of = sets): number => sum(of, (set) => counted(set, field));
  const newest = sets.filter((set) => set.metadata.name === metadata.name);
  const { replicas: wanted } = workloadSpec(deployment);
  const available = total('availableReplicas');
  const enough = available >= wanted - allowances(workloadSpec(deployment)).unavailable;
  writeStatus(store, refOf(deployment), {
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas: total('replicas'),
    updatedReplicas: total('replicas', newest),
    readyReplicas: total('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wanted - available),
    conditions: [
      condition(deployment, 'Available', {
        holds: enough,
        reason: `MinimumReplicas${enough ? 'Available' : 'Unavailable'}`,
      }),
      condition(deployment, 'Progressing', { holds: true, reason: 'NewReplicaSetAvailable' }),
    ],
  });
}
