/** What controllers and the kubelet read of objects: views of JSON that the API server has taken in. */
import type { Resource, ResourceRef, Store } from '../types.ts';
import { asRecord } from '../api-server/json.ts';
import { timestamp } from '../api-server/store.ts';

/** A readiness probe, as far as the kubelet asks it. */
export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port: number | string };
  readonly tcpSocket?: { readonly port: number | string };
  readonly exec?: { readonly command: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

/** A container of a pod's specification. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds?: number } } };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** A volume of a pod's specification. */
export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}

/** A pod's specification. */
export interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly nodeName?: string;
}

/** A pod's specification, as it was taken in. */
export const podSpec = (pod: Resource): PodSpec => pod['spec'] as PodSpec;

/** A Deployment's or ReplicaSet's specification. */
export interface WorkloadSpec {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata?: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: PodSpec;
  };
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: {
      readonly maxSurge?: number | string;
      readonly maxUnavailable?: number | string;
    };
  };
}

/** A workload's specification, as it was taken in. */
export const workloadSpec = (object: Resource): WorkloadSpec => object['spec'] as WorkloadSpec;

/** A condition of a status. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly lastTransitionTime: string;
}

const conditionsOf = (object: Resource): readonly Condition[] =>
  (asRecord(object['status'])['conditions'] ?? []) as readonly Condition[];

/** A condition as it is now: the one that was, with its time, where the status is the same. */
export function condition(
  object: Resource,
  type: string,
  { holds, reason }: { readonly holds: boolean; readonly reason?: string },
): Condition {
  const status = holds ? 'True' : 'False';
  const same = conditionsOf(object).find((old) => old.type === type && old.status === status);
  return same ?? { type, status, ...(reason && { reason }), lastTransitionTime: timestamp() };
}

/** Ready by its own conditions. */
export const isReady = (pod: Resource): boolean =>
  conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True');

/** Its deletion has begun. */
export const isTerminating = ({ metadata }: Resource): boolean => metadata.deletionTimestamp !== undefined;

/** What names the owners of one kind that an object has. */
export const ownersOf = ({ metadata }: Resource, kind: string): ResourceRef[] =>
  (metadata.ownerReferences ?? [])
    .filter((owner) => owner.kind === kind)
    .map(({ name }) => ({ kind, name, namespace: metadata.namespace ?? '' }));

/** The controller that an object belongs to, if it is `owner`. */
export const isOwnedBy = ({ metadata }: Resource, owner: Resource): boolean =>
  metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;

/** The reference that makes `owner` the controller of another object. */
export const controllerReference = ({ apiVersion, kind, metadata: { name, uid = '' } }: Resource) => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** Whether an object is selected by labels; no labels select nothing. */
export function isSelected(
  { metadata }: Resource,
  selector: Readonly<Record<string, string>> | undefined,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => metadata.labels?.[key] === value);
}

/** Writes an object's status, if it is another than before. */
export function writeStatus(store: Store, ref: ResourceRef, status: unknown): void {
  store.update(ref, (copy) => ({ ...copy, status }));
}

/** A port by number or by the name that a container gives it. */
export function portNumber(pod: Resource, port: number | string | undefined): number | undefined {
  if (port === undefined || typeof port === 'number') return port;
  const named = podSpec(pod)
    .containers.flatMap(({ ports }) => ports ?? [])
    .find(({ name }) => name === port);
  return named?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}
