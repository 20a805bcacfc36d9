/** What the API server does to an object before it stores it: checks, defaults, immutability. */
import type { Resource, Store } from '../types.ts';
import * as errors from './errors.ts';
import { type Json, asArray, asRecord, asString, equal, isRecord, valueAt } from './json.ts';
import { unknownFieldsOf } from './fields.ts';
import type { Kind } from './kinds.ts';

/** Names by the rule of their kind: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NAME = { of: /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/, most: 253, told: 'a lowercase RFC 1123 subdomain' };
const NAMES: Readonly<Record<string, typeof NAME>> = {
  Namespace: { of: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, most: 63, told: 'a lowercase RFC 1123 label' },
  Service: { of: /^[a-z]([-a-z0-9]*[a-z0-9])?$/, most: 63, told: 'a DNS-1035 label' },
};
/** A label's name behind its prefix, and its value, which may be empty. */
const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const COMMON_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/** `fieldValidation=Strict`, as far as `fields.ts` knows kinds. Throws ApiError 400 that names every unknown field. */
export function refuseUnknownFields(kind: Kind, object: Json): void {
  const { fields } = kind;
  if (fields === undefined) return;
  const above = Object.keys(object).filter((field) => !COMMON_FIELDS.has(field) && !fields.includes(field));
  const unknown = [...above, ...unknownFieldsOf(kind.kind, object)];
  if (unknown.length === 0) return;
  const told = unknown.map((field) => `unknown field "${field}"`).join(', ');
  throw errors.badRequest(`strict decoding error: ${told}`);
}

/** Checks and completes an object that is about to be stored. Throws ApiError 422. */
export function admit(kind: Kind, object: Resource, before: Resource | undefined): Resource {
  const { name, labels = {} } = object.metadata;
  const rule = NAMES[kind.kind] ?? NAME;
  if (!rule.of.test(name) || name.length > rule.most) {
    throw invalid(
      object,
      `metadata.name: Invalid value: "${name}": ${rule.told} of at most ${String(rule.most)} characters is expected`,
    );
  }
  checkLabels(object, 'metadata.labels', labels);
  if (kind.fields?.includes('spec') === true && object['spec'] !== undefined && !isRecord(object['spec'])) {
    throw invalid(object, 'spec: Invalid value: an object is expected');
  }
  const complete = DEFAULTS[kind.kind]?.(object) ?? object;
  if (WORKLOADS.has(kind.kind)) checkWorkload(complete, before);
  return complete;
}

/** The account that a pod runs as has to be there. Throws ApiError 403, in Kubernetes' words. */
export function requireAccount(store: Store, { metadata, spec }: Resource): void {
  const { name: pod, namespace = 'default' } = metadata;
  const name = asString(asRecord(spec)['serviceAccountName']) ?? 'default';
  if (store.get({ kind: 'ServiceAccount', name, namespace }) !== undefined) return;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
  throw errors.forbidden(`pods "${pod}" is forbidden: ${why}`);
}

const WORKLOADS = new Set(['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet']);

const invalid = (object: Resource, why: string): Error =>
  errors.invalid(`${object.kind} "${object.metadata.name}" is invalid: ${why}`);

function checkLabels(object: Resource, where: string, labels: Json): void {
  const isLabel = ([key, value]: [string, unknown]): boolean =>
    LABEL.test(key.slice(key.indexOf('/') + 1)) &&
    typeof value === 'string' &&
    (value === '' || LABEL.test(value));
  const wrong = Object.entries(labels).filter((label) => !isLabel(label));
  if (wrong.length === 0) return;
  const told = wrong.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ');
  throw invalid(
    object,
    `${where}: Invalid value: ${told}: names and values of labels have at most 63 characters of A-Z, a-z, 0-9, "-", "_" and "."`,
  );
}

function checkWorkload(object: Resource, before: Resource | undefined): void {
  const selector = asRecord(valueAt(object, ['spec', 'selector', 'matchLabels']));
  const labels = asRecord(valueAt(object, ['spec', 'template', 'metadata', 'labels']));
  checkLabels(object, 'spec.template.metadata.labels', labels);
  const wanted = Object.entries(selector);
  if (wanted.length === 0) throw invalid(object, 'spec.selector: Required value');
  if (wanted.some(([key, value]) => labels[key] !== value)) {
    throw invalid(
      object,
      'spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`',
    );
  }
  if (asArray(valueAt(object, ['spec', 'template', 'spec', 'containers'])).length === 0) {
    throw invalid(object, 'spec.template.spec.containers: Required value');
  }
  const old = valueAt(before, ['spec', 'selector']);
  if (old !== undefined && !equal(old, valueAt(object, ['spec', 'selector']))) {
    throw invalid(object, 'spec.selector: Invalid value: field is immutable');
  }
  const replicas = valueAt(object, ['spec', 'replicas']);
  if (replicas !== undefined && (!Number.isInteger(replicas) || Number(replicas) < 0)) {
    throw invalid(object, 'spec.replicas: Invalid value: must be greater than or equal to 0');
  }
}

const withSpec = (object: Resource, defaults: Json): Resource => ({
  ...object,
  spec: { ...defaults, ...asRecord(object['spec']) },
});

const DEFAULTS: Readonly<Record<string, (object: Resource) => Resource>> = {
  Deployment: (object) => withSpec(object, { replicas: 1, revisionHistoryLimit: 10 }),
  ReplicaSet: (object) => withSpec(object, { replicas: 1 }),
  StatefulSet: (object) => withSpec(object, { replicas: 1 }),
  Pod: (object) => withSpec(object, { restartPolicy: 'Always', terminationGracePeriodSeconds: 30 }),
  Service: defaultService,
  Namespace: (object) => ({
    ...withSpec(object, { finalizers: ['kubernetes'] }),
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    status: object['status'] ?? { phase: 'Active' },
  }),
  Secret: encodeSecret,
  CustomResourceDefinition: establish,
};

function defaultService(object: Resource): Resource {
  const ports = asArray(valueAt(object, ['spec', 'ports']))
    .map(asRecord)
    .map((port) => ({
      ...port,
      protocol: port['protocol'] ?? 'TCP',
      targetPort: port['targetPort'] ?? port['port'],
    }));
  for (const { port } of ports as Json[]) {
    if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
      throw invalid(
        object,
        `spec.ports.port: Invalid value: ${JSON.stringify(port)}: must be between 1 and 65535`,
      );
    }
  }
  const filled = withSpec(object, { type: 'ClusterIP', sessionAffinity: 'None' });
  return ports.length === 0 ? filled : { ...filled, spec: { ...asRecord(filled['spec']), ports } };
}

/** `stringData` is for writing only: it becomes `data`. */
function encodeSecret(object: Resource): Resource {
  const { stringData, ...rest } = object;
  const encoded = Object.entries(asRecord(stringData)).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const data: Json = { ...asRecord(rest['data']), ...(Object.fromEntries(encoded) as Json) };
  return { ...rest, type: rest['type'] ?? 'Opaque', ...(Object.keys(data).length === 0 ? {} : { data }) };
}

function establish(object: Resource): Resource {
  const conditions = ['NamesAccepted', 'Established'].map((type) => ({ type, status: 'True' }));
  return { ...object, status: { conditions, acceptedNames: valueAt(object, ['spec', 'names']) } };
}
