/** Server-side apply: the server merges, owns fields by manager, and refuses fields that it does not know. */
import pLimit from 'p-limit';
import { poll, sleep } from '../wait/wait.ts';
import { conditionOf, conditionsOf } from './conditions.ts';
import { ApiError, ClusterError, isTransient } from './errors.ts';
import { type Api, getObject } from './objects.ts';
import { sendJson } from './request.ts';
import type { KubernetesObject } from './types.ts';

/** Who owns the fields that the harness sets. */
export const FIELD_MANAGER = 'meshproof';

/** How to apply. */
export interface ApplyOptions {
  /** The server does all but store it. @default false */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A kind whose CRD was just applied appears within this, in milliseconds. */
const DISCOVERY_WAIT_MS = 10_000;
/** A webhook that is starting answers within this, in milliseconds. */
const WEBHOOK_WAIT_MS = 60_000;
const CRD_WAIT_MS = 60_000;
const PARALLEL = 6;

/** Applies one object and gives what the server has then. Throws ApiError naming every field that is wrong. */
export async function applyObject(
  api: Api,
  object: KubernetesObject,
  options: ApplyOptions = {},
): Promise<KubernetesObject> {
  const { name, namespace } = object.metadata;
  const { apiVersion, kind } = object;
  const path = await api.discovery.path({ apiVersion, kind, name, namespace }, { waitMs: DISCOVERY_WAIT_MS });
  const query = {
    fieldManager: FIELD_MANAGER,
    force: true,
    fieldValidation: 'Strict',
    dryRun: options.dryRun ? 'All' : undefined,
  };
  const body = withoutManagedFields(object);
  const patch = { query, body, contentType: 'application/apply-patch+yaml', signal: options.signal };
  const deadline = performance.now() + WEBHOOK_WAIT_MS;
  for (;;) {
    try {
      return (await sendJson(api.connection, { method: 'PATCH', path }, patch)) as KubernetesObject;
    } catch (error) {
      if (!isWebhookStarting(error) || performance.now() > deadline) throw error;
      await sleep(1000, options.signal);
    }
  }
}

/** Applies Namespaces, then CRDs (and waits until they serve), then what pods refer to, then the rest. */
export async function applyAll(
  api: Api,
  objects: readonly KubernetesObject[],
  options: ApplyOptions = {},
): Promise<void> {
  const limit = pLimit(PARALLEL);
  for (const rank of RANKS.keys()) {
    const group = objects.filter((object) => rankOf(object) === rank);
    const results = await Promise.allSettled(
      group.map((object) =>
        limit(async () => {
          await applyObject(api, object, options);
          if (object.kind === CRD && !options.dryRun) await waitEstablished(api, object, options.signal);
        }),
      ),
    );
    throwAll(api, group, results);
  }
}

const CRD = 'CustomResourceDefinition';
/** A Deployment whose ServiceAccount is missing starts only after a back-off; so order matters for speed as well. */
const RANKS: readonly (readonly string[])[] = [
  ['Namespace'],
  [CRD],
  [
    'ServiceAccount',
    'Secret',
    'ConfigMap',
    'Role',
    'ClusterRole',
    'RoleBinding',
    'ClusterRoleBinding',
    'Service',
  ],
  [],
];

function rankOf({ kind }: KubernetesObject): number {
  const rank = RANKS.findIndex((kinds) => kinds.includes(kind));
  return rank === -1 ? RANKS.length - 1 : rank;
}

async function waitEstablished(api: Api, crd: KubernetesObject, signal?: AbortSignal): Promise<void> {
  const { name } = crd.metadata;
  const what = `CustomResourceDefinition ${name} of ${api.connection.source.name} to be Established`;
  await poll({ what, timeoutMs: CRD_WAIT_MS, intervalMs: 200, signal, isTransient }, async (saw, inner) => {
    const seen = await getObject<KubernetesObject>(api, { ...crd, name }, inner);
    const told = conditionsOf(seen).map((each) => `${each.type}=${each.status} ${each.message ?? ''}`.trim());
    saw(told.join(', ') || 'no conditions');
    return conditionOf(seen, 'Established') === undefined ? undefined : true;
  });
}

/** Objects that were read carry managedFields, which an apply must not. */
function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  const { managedFields: _dropped, ...metadata } = object.metadata as KubernetesObject['metadata'] & {
    managedFields?: unknown;
  };
  return { ...object, metadata };
}

function isWebhookStarting(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 500 && error.message.includes('failed calling webhook');
}

/** Throws what failed: the error itself if it is one, else one that lists them all. */
function throwAll(
  api: Api,
  group: readonly KubernetesObject[],
  results: readonly PromiseSettledResult<void>[],
): void {
  const failures = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return [];
    return [{ object: group[index], reason: result.reason as Error }];
  });
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first.reason;
  const lines = failures.map(({ object, reason }) => {
    return `${object?.kind ?? ''} ${object?.metadata.name ?? ''}: ${reason.message}`;
  });
  const message = `${String(failures.length)} objects could not be applied:\n  ${lines.join('\n  ')}`;
  throw new ClusterError('object', api.connection.source.name, { message });
}
