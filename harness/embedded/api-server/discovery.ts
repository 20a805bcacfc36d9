/** What the server serves, as clients ask for it: versions, groups, resources, and the OpenAPI that kubectl needs. */
import type { Store } from '../types.ts';
import type { Json } from './json.ts';
import { type Kind, groupVersion, kindsOf } from './kinds.ts';
import { REVIEWS, pluralOf } from './reviews.ts';

/** The Kubernetes that this server is like, as far as it goes. */
export const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+embedded',
  platform: `${process.platform}/${process.arch}`,
};

/** What `kubectl get all` means. */
const IN_ALL = new Set(['Pod', 'Service', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet']);
const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** The answer to a discovery path, or undefined for any other path. */
export function discover(store: Store, path: string): Json | undefined {
  if (path === '/version') return VERSION;
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(store) };
  if (path === '/openapi/v3') return openApiIndex(store);
  const [, openApi] = /^\/openapi\/v3\/apis?\/(.+)$/.exec(path) ?? [];
  if (openApi !== undefined) return openApiOf(store, openApi);
  const [, wanted] = /^\/(?:apis\/([^/]+(?:\/[^/]+)?)|api\/v1)$/.exec(path) ?? [];
  if (path !== '/api/v1' && wanted === undefined) return undefined;
  const found = groups(store).find(({ name }) => name === wanted);
  return found === undefined
    ? resources(store, wanted ?? 'v1')
    : { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

function groups(store: Store): Json[] {
  const versions = new Map<string, Set<string>>(REVIEWS.map(({ group }) => [group, new Set(['v1'])]));
  for (const kind of kindsOf(store)) {
    if (kind.group === '') continue;
    versions.set(kind.group, new Set([...(versions.get(kind.group) ?? []), ...kind.versions]));
  }
  return [...versions].map(([name, set]) => {
    const list = [...set].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: list, preferredVersion: list[0] };
  });
}

function kindsAt(store: Store, wanted: string): Kind[] {
  return kindsOf(store).filter(({ group, versions }) =>
    versions.some((version) => groupVersion(group, version) === wanted),
  );
}

function resources(store: Store, wanted: string): Json | undefined {
  const kept = kindsAt(store, wanted).flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.kind.toLowerCase(),
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: VERBS,
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(IN_ALL.has(kind.kind) ? { categories: ['all'] } : {}),
    },
    ...kind.subresources.map((name) => subresource(kind, name)),
  ]);
  const asked = REVIEWS.filter(({ group }) => wanted === `${group}/v1`).map((review) => ({
    name: pluralOf(review),
    singularName: review.kind.toLowerCase(),
    namespaced: false,
    kind: review.kind,
    verbs: ['create'],
  }));
  const all = [...kept, ...asked];
  if (all.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: wanted, resources: all };
}

/** What a subresource is of, and what can be done with it, where that is not what can be done with an object. */
const SUBRESOURCES: Readonly<Record<string, Json>> = {
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  log: { verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
};

const subresource = ({ kind, plural, namespaced }: Kind, name: string): Json => ({
  name: `${plural}/${name}`,
  singularName: '',
  namespaced,
  kind,
  verbs: ['get', 'patch', 'update'],
  ...SUBRESOURCES[name],
});

function openApiIndex(store: Store): Json {
  const wanted = new Set(
    kindsOf(store).flatMap(({ group, versions }) => versions.map((v) => groupVersion(group, v))),
  );
  const paths = [...wanted].map((each) => {
    const path = each.includes('/') ? `apis/${each}` : `api/${each}`;
    return [path, { serverRelativeURL: `/openapi/v3/${path}` }];
  });
  return { paths: Object.fromEntries(paths) as Json };
}

/** Enough for kubectl to see which kinds take `fieldValidation`, and to leave the checking to the server. */
function openApiOf(store: Store, wanted: string): Json {
  const paths: Json = {};
  const schemas: Json = {};
  for (const { group, kind, plural, namespaced } of kindsAt(store, wanted)) {
    const version = wanted.split('/').at(-1) ?? '';
    const gvk = { group, version, kind };
    const root = wanted.includes('/') ? `/apis/${wanted}` : `/api/${wanted}`;
    const parameter = { name: 'fieldValidation', in: 'query', schema: { type: 'string' } };
    const patch = { parameters: [parameter], responses: {}, 'x-kubernetes-group-version-kind': gvk };
    paths[`${root}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}/{name}`] = {
      patch: { ...patch, 'x-kubernetes-action': 'patch' },
    };
    schemas[`${wanted.replace('/', '.')}.${kind}`] = {
      type: 'object',
      'x-kubernetes-group-version-kind': [gvk],
    };
  }
  const info = { title: 'Embedded', version: VERSION.gitVersion };
  return { openapi: '3.0.0', info, paths, components: { schemas } };
}
