import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { clusterTopology } from '../../../fixtures/topology.ts';
import { istioOperator, type ControlPlaneSettings } from './operator.ts';

interface Operator {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly hub?: string;
    readonly tag?: string;
    readonly revision?: string;
    readonly components: {
      readonly base: { readonly enabled: boolean };
      readonly ingressGateways?: readonly Gateway[];
    };
    readonly values: {
      readonly global: { readonly multiCluster: unknown; readonly network: string; readonly meshID: string };
    };
  };
}

interface Gateway {
  readonly name: string;
  readonly label: Readonly<Record<string, string>>;
  readonly k8s: {
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly service: { readonly ports: readonly { readonly port: number }[] };
  };
}

const operator = (changed: Partial<ControlPlaneSettings> = {}): Operator =>
  parse(
    istioOperator({
      cluster: clusterTopology('cluster2', { network: 'network2' }),
      hub: undefined,
      tag: undefined,
      gateway: false,
      ...changed,
    }),
  ) as Operator;

describe('the IstioOperator of a cluster', () => {
  test('names the cluster and its network, in the mesh that all clusters share', () => {
    const { global } = operator().spec.values;
    expect(global).toMatchObject({ multiCluster: { clusterName: 'cluster2' }, network: 'network2' });
    expect(global.meshID).toBe(operator({ cluster: clusterTopology('cluster1') }).spec.values.global.meshID);
  });

  test('has an east-west gateway only when asked, labelled with its network and open at 15443', () => {
    expect(operator().spec.components.ingressGateways).toBeUndefined();
    const [gateway, ...others] = operator({ gateway: true }).spec.components.ingressGateways ?? [];
    expect(others).toEqual([]);
    expect(gateway?.label).toMatchObject({ 'topology.istio.io/network': 'network2' });
    expect(gateway?.k8s.env).toContainEqual({ name: 'ISTIO_META_REQUESTED_NETWORK_VIEW', value: 'network2' });
    expect(gateway?.k8s.service.ports.map(({ port }) => port)).toContain(15443);
  });

  test("brings Istio's definitions, unless a control plane is there beside it", () => {
    expect(operator({ revision: 'first' }).spec.components.base.enabled).toBe(true);
    expect(operator({ revision: 'second', beside: true }).spec.components.base.enabled).toBe(false);
  });

  test('leaves hub, tag and revision to istioctl unless they are given', () => {
    const { spec, metadata } = operator();
    expect(Object.keys(spec).filter((key) => ['hub', 'tag', 'revision'].includes(key))).toEqual([]);
    expect(metadata.name).toBe('meshproof');
    const given = operator({ hub: 'r:5000/istio', tag: '1.31.0', revision: 'second' });
    expect(given.spec).toMatchObject({ hub: 'r:5000/istio', tag: '1.31.0', revision: 'second' });
    expect(given.metadata.name).toBe('meshproof-second');
  });
});
