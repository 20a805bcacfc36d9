/** The one node of a cluster. */
import { timestamp } from '../api-server/store.ts';
import type { ClusterSpec, Store } from '../types.ts';

/** The name of a cluster's node. */
export const nodeNameOf = ({ name }: ClusterSpec): string => `${name}-control-plane`;

const KUBERNETES_VERSION = 'v1.34.4';

/** Where a node and its pods are. */
export interface NodePlace {
  /** CIDR of its pods. */
  readonly podSubnet?: string;
  readonly nodeAddress?: string;
  /** Where it is reached from outside. @default its address */
  readonly externalAddress?: string;
}

/** Where the node's ports are open. */
export const openAddressOf = ({ nodeAddress = '127.0.0.1', externalAddress }: NodePlace): string =>
  externalAddress ?? nodeAddress;

/** Makes the node: ready, with its region and zone. */
export function makeNode(store: Store, spec: ClusterSpec, place: NodePlace = {}): void {
  const name = nodeNameOf(spec);
  const { podSubnet, nodeAddress = '127.0.0.1', externalAddress } = place;
  const { region, zone } = spec;
  const capacity = { cpu: '2', memory: '8Gi', pods: '110' };
  store.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
        ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
      },
    },
    spec: podSubnet === undefined ? {} : { podCIDR: podSubnet, podCIDRs: [podSubnet] },
    status: {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: timestamp() },
      ],
      addresses: [
        { type: 'InternalIP', address: nodeAddress },
        ...(externalAddress === undefined ? [] : [{ type: 'ExternalIP', address: externalAddress }]),
        { type: 'Hostname', address: name },
      ],
      capacity,
      allocatable: capacity,
      nodeInfo: { kubeletVersion: KUBERNETES_VERSION, operatingSystem: 'linux', architecture: process.arch },
    },
  });
}
