/** What the API server does to an object before it stores it: checks, defaults, immutability. */
import type { Resource, Store } from '../types.ts';
import * as errors from './errors.ts';
import { type Json, asArray, asRecord, asString, equal, isRecord, valueAt } from './json.ts';
import { unknownFieldsOf } from './fields.ts';
import type { Kind } from './kinds.ts';

const NAME = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/;
const MAX_NAME = 253;
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
  const { name } = object.metadata;
  if (!NAME.test(name) || name.length > MAX_NAME) {
    throw invalid(
      object,
      `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain is expected`,
    );
  }
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

function checkWorkload(object: Resource, before: Resource | undefined): void {
  const selector = asRecord(valueAt(object, ['spec', 'selector', 'matchLabels']));
  const labels = asRecord(valueAt(object, ['spec', 'template', 'metadata', 'labels']));
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
