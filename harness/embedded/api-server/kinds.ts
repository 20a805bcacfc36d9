/** The kinds that the API server serves: those built in, and those that CustomResourceDefinitions bring. */
import type { Resource, Store } from '../types.ts';
import { noSuchResource } from './errors.ts';
import { asArray, asRecord, asString, valueAt } from './json.ts';

/** A kind as discovery tells it. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  /** The first is the stored one. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** Subresources that can be read and written. */
  readonly subresources: readonly string[];
  /** Top-level fields besides apiVersion, kind and metadata; undefined: anything goes. */
  readonly fields: readonly string[] | undefined;
}

/**
 * `kind plural shortNames scope subresources fields` under the group and versions that they are of; a dash for nothing, a
 * star for any field. Istio's kinds and the Gateway API's are as their CustomResourceDefinitions say.
 */
const TABLE = `
/v1
  Namespace namespaces ns cluster status,finalize spec,status
  Node nodes no cluster status spec,status
  Pod pods po namespaced status,log,exec spec,status
  Service services svc namespaced status spec,status
  ServiceAccount serviceaccounts sa namespaced token secrets,imagePullSecrets,automountServiceAccountToken
  Secret secrets - namespaced - data,stringData,type,immutable
  ConfigMap configmaps cm namespaced - data,binaryData,immutable
  Endpoints endpoints ep namespaced - subsets
  Event events ev namespaced - *
apps/v1
  Deployment deployments deploy namespaced status,scale spec,status
  ReplicaSet replicasets rs namespaced status,scale spec,status
  DaemonSet daemonsets ds namespaced status spec,status
  StatefulSet statefulsets sts namespaced status,scale spec,status
discovery.k8s.io/v1
  EndpointSlice endpointslices - namespaced - addressType,endpoints,ports
autoscaling/v2
  HorizontalPodAutoscaler horizontalpodautoscalers hpa namespaced status spec,status
policy/v1
  PodDisruptionBudget poddisruptionbudgets pdb namespaced status spec,status
coordination.k8s.io/v1
  Lease leases - namespaced - spec
rbac.authorization.k8s.io/v1
  Role roles - namespaced - rules
  RoleBinding rolebindings - namespaced - subjects,roleRef
  ClusterRole clusterroles - cluster - rules,aggregationRule
  ClusterRoleBinding clusterrolebindings - cluster - subjects,roleRef
admissionregistration.k8s.io/v1
  MutatingWebhookConfiguration mutatingwebhookconfigurations - cluster - webhooks
  ValidatingWebhookConfiguration validatingwebhookconfigurations - cluster - webhooks
apiextensions.k8s.io/v1
  CustomResourceDefinition customresourcedefinitions crd,crds cluster status spec,status
networking.istio.io/v1,v1beta1,v1alpha3
  VirtualService virtualservices vs namespaced status spec,status
  DestinationRule destinationrules dr namespaced status spec,status
  Gateway gateways gw namespaced status spec,status
  ServiceEntry serviceentries se namespaced status spec,status
  Sidecar sidecars - namespaced status spec,status
  WorkloadEntry workloadentries we namespaced status spec,status
  WorkloadGroup workloadgroups wg namespaced status spec,status
  EnvoyFilter envoyfilters - namespaced status spec,status
security.istio.io/v1,v1beta1
  PeerAuthentication peerauthentications pa namespaced status spec,status
  RequestAuthentication requestauthentications ra namespaced status spec,status
  AuthorizationPolicy authorizationpolicies ap namespaced status spec,status
telemetry.istio.io/v1,v1alpha1
  Telemetry telemetries telemetry namespaced status spec,status
gateway.networking.k8s.io/v1,v1beta1
  GatewayClass gatewayclasses gc cluster status spec,status
  Gateway gateways gtw namespaced status spec,status
  HTTPRoute httproutes - namespaced status spec,status
  ReferenceGrant referencegrants refgrant namespaced - spec
`;

const words = (text: string | undefined): string[] =>
  text === undefined || text === '-' ? [] : text.split(',');

function readTable(): Kind[] {
  let of = { group: '', versions: ['v1'] };
  return TABLE.trim()
    .split('\n')
    .flatMap((line) => {
      const [first = '', plural = '', shortNames, scope, subresources, fields] = line.trim().split(' ');
      const at = first.indexOf('/');
      if (at >= 0) {
        of = { group: first.slice(0, at), versions: words(first.slice(at + 1)) };
        return [];
      }
      return {
        ...of,
        kind: first,
        plural,
        shortNames: words(shortNames),
        namespaced: scope === 'namespaced',
        subresources: words(subresources),
        fields: fields === '*' ? undefined : words(fields),
      };
    });
}

const BUILT_IN = readTable();

/** `v1` or `GROUP/VERSION`. */
export const groupVersion = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;

/** `plural` in the core group, else `plural.group`: how messages of the API name a kind. */
export const resourceName = ({ plural, group }: Kind): string =>
  group === '' ? plural : `${plural}.${group}`;

/** All kinds, CustomResourceDefinitions' too. */
export function kindsOf(store: Store): readonly Kind[] {
  const custom = store.list('CustomResourceDefinition').map(readDefinition);
  const known = new Set(BUILT_IN.map(({ group, plural }) => `${plural}.${group}`));
  return [...BUILT_IN, ...custom.filter((kind) => !known.has(`${kind.plural}.${kind.group}`))];
}

function readDefinition({ spec }: Resource): Kind {
  const { group, scope, names, versions } = asRecord(spec);
  const { kind, plural, shortNames } = asRecord(names);
  const served = asArray(versions).map(asRecord);
  const hasStatus = served.some((version) => valueAt(version, ['subresources', 'status']) !== undefined);
  // The stored version first: it is the one that objects are kept in.
  const ordered = [...served].sort((a, b) => Number(b['storage'] ?? false) - Number(a['storage'] ?? false));
  return {
    group: asString(group) ?? '',
    versions: ordered.filter(({ served: on }) => on !== false).map(({ name }) => asString(name) ?? ''),
    kind: asString(kind) ?? '',
    plural: asString(plural) ?? '',
    shortNames: asArray(shortNames).flatMap((name) => asString(name) ?? []),
    namespaced: scope === 'Namespaced',
    subresources: hasStatus ? ['status'] : [],
    fields: undefined,
  };
}

/** The kind at `/apis/GROUP/VERSION/PLURAL`. Throws ApiError 404 where there is none. */
export function findKind(
  store: Store,
  at: { readonly group: string; readonly version: string; readonly plural: string },
): Kind {
  const found = kindsOf(store).find(
    ({ group, versions, plural }) =>
      group === at.group && plural === at.plural && versions.includes(at.version),
  );
  if (found === undefined) throw noSuchResource();
  return found;
}
