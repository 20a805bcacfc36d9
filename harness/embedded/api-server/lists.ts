/** Lists that Kubernetes merges by key (`x-kubernetes-list-map-keys`); all others are replaced as a whole. */
import { type Json, isRecord } from './json.ts';

/**
 * Keys of an element by the field that holds the list.
 * Source: https://github.com/kubernetes/kubernetes/blob/v1.34.0/api/openapi-spec/swagger.json
 */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  hostAliases: ['ip'],
  webhooks: ['name'],
};

/** Groups whose lists have keys. Istio's definitions declare none. */
const KEYED_GROUPS = new Set(['', 'apps', 'admissionregistration.k8s.io', 'autoscaling', 'policy']);

/** Whether objects of a group have lists with keys. */
export const hasKeyedLists = (group: string): boolean => KEYED_GROUPS.has(group);

/** The keys of a list's elements, or undefined for a list that is one value. */
export function listKeys(field: string, list: readonly unknown[]): readonly string[] | undefined {
  if (!list.every(isRecord)) return undefined;
  if (field === 'ports') {
    const [first] = list;
    if (first === undefined) return undefined;
    return 'containerPort' in first ? ['containerPort', 'protocol'] : ['port', 'protocol'];
  }
  return KEYS[field];
}

/** What makes an element the same as another: its keys' values. A missing protocol is TCP. */
export function elementKey(element: Json, keys: readonly string[]): string {
  return JSON.stringify(
    Object.fromEntries(keys.map((key) => [key, element[key] ?? (key === 'protocol' ? 'TCP' : null)])),
  );
}
