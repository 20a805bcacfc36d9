import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ClusterTopology } from '../../topology/topology.ts';

/** What all parts of one cluster's mesh are installed with. */
export interface PartSettings {
  readonly cluster: ClusterTopology;
  readonly hub: string | undefined;
  readonly tag: string | undefined;
}

/** What differs between the control planes of one mesh. */
export interface ControlPlaneSettings extends PartSettings {
  /** An east-west gateway is needed where the mesh has several networks. */
  readonly gateway: boolean;
  /** It configures remote clusters too. @default false */
  readonly hasRemotes?: boolean;
  /** @default the cluster's own */
  readonly revision?: string;
  /** It comes beside a control plane that is there: Istio's definitions and what else is the cluster's stay as they are. @default false */
  readonly beside?: boolean;
  /** What the mesh that is there calls itself. @default as the harness and Istio call it */
  readonly names?: MeshNames;
}

/** What all control planes of a mesh have to agree on: identities carry the trust domain. */
export interface MeshNames {
  readonly meshId?: string | undefined;
  readonly trustDomain?: string | undefined;
}

type Fields = Record<string, unknown>;

const readPart = (name: string): Fields =>
  parse(readFileSync(new URL(`manifests/${name}.yaml`, import.meta.url), 'utf8')) as Fields;

/** Ports at which the proxies of remote clusters reach the control plane through the gateway. */
const CONTROL_PLANE_PORTS = [
  { name: 'tls-istiod', port: 15012, targetPort: 15012 },
  { name: 'tls-webhook', port: 15017, targetPort: 15017 },
];

function gatewayComponent(cluster: ClusterTopology, hasRemotes: boolean): Fields {
  const part = readPart('east-west-gateway');
  const k8s = part['k8s'] as { service: { ports: unknown[] } } & Fields;
  const ports = [...k8s.service.ports, ...(hasRemotes ? CONTROL_PLANE_PORTS : [])];
  return {
    ...part,
    label: { ...(part['label'] as Fields), 'topology.istio.io/network': cluster.network },
    k8s: {
      ...k8s,
      env: [{ name: 'ISTIO_META_REQUESTED_NETWORK_VIEW', value: cluster.network }],
      service: { ...k8s.service, ports },
    },
  };
}

interface Operator {
  readonly metadata: Fields;
  readonly spec: {
    readonly components?: Fields;
    readonly values: { readonly global: Fields } & Fields;
  } & Fields;
}

/** A part of a cluster's mesh, with the cluster's names in it. */
function partOf(manifest: string, { cluster, hub, tag }: PartSettings): Operator {
  const base = readPart(manifest) as Fields & Operator;
  const { spec } = base;
  return {
    ...base,
    spec: {
      ...spec,
      ...(hub === undefined ? {} : { hub }),
      ...(tag === undefined ? {} : { tag }),
      values: {
        ...spec.values,
        global: {
          ...spec.values.global,
          multiCluster: { clusterName: cluster.name },
          network: cluster.network,
        },
      },
    },
  };
}

const withGlobal = (operator: Operator, global: Fields, values: Fields = {}): Operator => ({
  ...operator,
  spec: {
    ...operator.spec,
    values: { ...operator.spec.values, ...values, global: { ...operator.spec.values.global, ...global } },
  },
});

const withComponents = (operator: Operator, components: Fields): Operator => ({
  ...operator,
  spec: { ...operator.spec, components: { ...operator.spec.components, ...components } },
});

/**
 * The IstioOperator of a cluster with a control plane, as YAML for `istioctl install -f`.
 * Format: https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/
 */
export function istioOperator(settings: ControlPlaneSettings): string {
  const { cluster, gateway, revision = cluster.revision, hasRemotes = false, beside = false } = settings;
  const base = withGlobal(partOf('control-plane', settings), hasRemotes ? { externalIstiod: true } : {});
  const { metadata, spec } = withComponents(base, {
    ...(gateway ? { ingressGateways: [gatewayComponent(cluster, hasRemotes)] } : {}),
    ...(beside ? { base: { enabled: false } } : {}),
  });
  const { meshId, trustDomain } = settings.names ?? {};
  const { global } = spec.values;
  const named = {
    ...spec.values,
    global: { ...global, ...(meshId === undefined ? {} : { meshID: meshId }) },
  };
  return stringify({
    ...base,
    metadata: { ...metadata, name: revision === undefined ? 'meshproof' : `meshproof-${revision}` },
    spec: {
      ...spec,
      ...(revision === undefined ? {} : { revision }),
      ...(trustDomain === undefined ? {} : { meshConfig: { trustDomain } }),
      values: named,
    },
  });
}

/** The IstioOperator of a remote cluster: webhooks and proxies lead to a control plane at an address elsewhere. */
export function remoteOperator(settings: PartSettings & { readonly controlPlaneAddress: string }): string {
  const { cluster, controlPlaneAddress } = settings;
  const injectionPath = `/inject/cluster/${cluster.name}/net/${cluster.network}`;
  return stringify(
    withGlobal(
      partOf('remote', settings),
      { remotePilotAddress: controlPlaneAddress },
      { istiodRemote: { injectionPath } },
    ),
  );
}

/** Where the IstioOperator of a remote cluster says that its control plane is; undefined where it does not. */
export function controlPlaneAddressIn(operator: string): unknown {
  const { spec } = (parse(operator) ?? {}) as Partial<Operator>;
  return spec?.values.global['remotePilotAddress'];
}

/** The IstioOperator of a remote cluster's east-west gateway; its proxy needs the injection that comes before. */
export function gatewayOperator(settings: PartSettings): string {
  const component = gatewayComponent(settings.cluster, false);
  return stringify(withComponents(partOf('remote-gateway', settings), { ingressGateways: [component] }));
}
