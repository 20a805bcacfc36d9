import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ClusterTopology } from '../../topology/topology.ts';

/** What differs between the control planes of one mesh. */
export interface ControlPlaneSettings {
  readonly cluster: ClusterTopology;
  readonly hub: string | undefined;
  readonly tag: string | undefined;
  /** An east-west gateway is needed where the mesh has several networks. */
  readonly gateway: boolean;
  /** @default the default revision */
  readonly revision?: string;
}

type Fields = Record<string, unknown>;

const readPart = (name: string): Fields =>
  parse(readFileSync(new URL(`manifests/${name}.yaml`, import.meta.url), 'utf8')) as Fields;

function gatewayComponent(cluster: ClusterTopology): Fields {
  const part = readPart('east-west-gateway');
  const k8s = part['k8s'] as Fields;
  return {
    ...part,
    label: { ...(part['label'] as Fields), 'topology.istio.io/network': cluster.network },
    k8s: { ...k8s, env: [{ name: 'ISTIO_META_REQUESTED_NETWORK_VIEW', value: cluster.network }] },
  };
}

/**
 * The IstioOperator of one cluster, as YAML for `istioctl install -f`.
 * Format: https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/
 */
export function istioOperator(settings: ControlPlaneSettings): string {
  const { cluster, hub, tag, revision } = settings;
  const base = readPart('control-plane');
  const spec = base['spec'] as { components: Fields; values: { global: Fields } & Fields } & Fields;
  return stringify({
    ...base,
    metadata: { name: revision === undefined ? 'meshproof' : `meshproof-${revision}` },
    spec: {
      ...spec,
      ...(hub === undefined ? {} : { hub }),
      ...(tag === undefined ? {} : { tag }),
      ...(revision === undefined ? {} : { revision }),
      components: {
        ...spec.components,
        ...(settings.gateway ? { ingressGateways: [gatewayComponent(cluster)] } : {}),
      },
      values: {
        ...spec.values,
        global: {
          ...spec.values.global,
          multiCluster: { clusterName: cluster.name },
          network: cluster.network,
        },
      },
    },
  });
}
