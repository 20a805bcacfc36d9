/** Defects of clusters that share a control plane: of what they stand on, of how they join, and of near and far. */
import { SYSTEM } from '../install.ts';
import type { Alter } from '../mesh/index.ts';
import type { Resource } from '../types.ts';
import { routes, withClusters } from './told.ts';
import type { Defect, Place, Running } from './types.ts';

const PREREQUISITES = 'https://istio.io/latest/docs/setup/install/multicluster/before-you-begin/';
const PRIMARY_REMOTE = 'https://istio.io/latest/docs/setup/install/multicluster/primary-remote/';
const RETRIES = 'https://istio.io/latest/docs/concepts/traffic-management/#timeouts';

/** Packets between pods of different clusters are lost: those of proxies, and those that ask how proxies are. */
const cutOff =
  ({ isOwn }: Place): Alter =>
  (config) => ({
    ...withClusters(config, (cluster) => ({
      ...cluster,
      endpoints: cluster.endpoints.map((one) => ({ ...one, reachable: isOwn(one.address) })),
    })),
    tellsStatus: false,
  });

/** Once, when all is there; nothing has to be ended. */
const once =
  (change: (other: Running, first: Running) => void) =>
  ([first, ...others]: readonly Running[]): (() => void) => {
    if (first !== undefined) for (const other of others) change(other, first);
    return () => undefined;
  };

function withRangeOf({ store }: Running, first: Running): void {
  const [model] = first.store.list('Node');
  const rangesOf = ({ spec }: Resource): readonly string[] =>
    (spec as { readonly podCIDRs?: readonly string[] } | undefined)?.podCIDRs ?? [];
  for (const { kind, metadata } of store.list('Node'))
    store.update({ kind, name: metadata.name }, (copy) => ({
      ...copy,
      spec: { ...(copy['spec'] as object), podCIDRs: [...rangesOf(copy), ...(model ? rangesOf(model) : [])] },
    }));
}

const isWay = ({ kind, metadata }: Resource): boolean =>
  kind === 'EndpointSlice' && metadata.name === 'istiod-remote';

export const remote: Readonly<Record<string, Defect>> = {
  'ranges-overlap': {
    cause: 'the other clusters have the range of pods of the first among theirs',
    symptom: 'an address means one pod here and another one there',
    source: PREREQUISITES,
    goesOn: once(withRangeOf),
  },
  'pods-out-of-reach': {
    cause: 'security groups or missing routes drop packets between pods of different clusters',
    symptom: 'calls that go to another cluster hang until they are given up',
    source: PREREQUISITES,
    alter: cutOff,
  },
  'remote-not-in-charge': {
    cause: 'a remote cluster does not say whose control plane takes charge of it',
    symptom: 'its webhooks get no certificate, its namespaces no root: pods are refused',
    source: PRIMARY_REMOTE,
    object: (object) => {
      const { annotations: _annotations, ...metadata } = object.metadata;
      return object.kind === 'Namespace' && metadata.name === SYSTEM ? { ...object, metadata } : object;
    },
    isIncomplete: true,
  },
  'remote-control-plane-address-wrong': {
    cause: 'a remote cluster looks for its control plane at an address that is nobody',
    symptom: 'nothing answers the injector: pods are refused',
    source: PRIMARY_REMOTE,
    object: (object) => (isWay(object) ? { ...object, endpoints: [{ addresses: ['127.0.0.9'] }] } : object),
    isIncomplete: true,
  },
  'timeouts-ignored': {
    cause: 'time limits of routes and of tries do not reach the sidecars',
    symptom: 'an instance that hangs is waited for as long as the caller can',
    source: RETRIES,
    alter: routes((route) => ({
      ...route,
      timeoutMs: undefined,
      retry: { ...route.retry, perTryMs: undefined },
    })),
  },
};
