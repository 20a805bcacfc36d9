import type { KubernetesObject } from '../../cluster/types.ts';
import type { InjectionLabel } from '../types.ts';

/** A pod, as far as it tells whether it has a proxy. */
export interface PodWithProxy extends KubernetesObject {
  readonly spec?: {
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
    readonly containers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly state?: { readonly running?: object };
}

/** The container that the injector adds. */
export const PROXY = 'istio-proxy';

/** Has a pod the proxy, among the containers that start first or among the others? */
export const hasProxy = ({ spec }: Pick<PodWithProxy, 'spec'>): boolean =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(({ name }) => name === PROXY);

/** How the proxy's container is, among those that start first or among the others. */
export const statusOfProxy = ({ status }: PodWithProxy): ContainerStatus | undefined =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    ({ name }) => name === PROXY,
  );

/**
 * The revision whose injector gave a pod its proxy; undefined where none did.
 * The annotation is the injector's own: https://istio.io/latest/docs/reference/config/annotations/#SidecarStatus
 */
export function revisionInjecting(pod: KubernetesObject): string | undefined {
  const status = pod.metadata.annotations?.['sidecar.istio.io/status'];
  if (status === undefined) return undefined;
  try {
    const told = JSON.parse(status) as { readonly revision?: unknown } | null;
    const revision = told?.revision;
    return typeof revision === 'string' ? revision : undefined;
  } catch {
    return undefined;
  }
}

/** Ready containers of all, as `kubectl get pods` counts them: with init containers that go on running. */
export function readiness({ spec, status }: PodWithProxy): { readonly ready: number; readonly all: number } {
  const staying = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const names = [...staying, ...(spec?.containers ?? [])].map(({ name }) => name);
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const ready = statuses.filter((one) => one.ready === true && names.includes(one.name));
  return { ready: ready.length, all: names.length };
}

/**
 * The label that makes a revision inject its proxies. Istio's tag `default`, which lets `istio-injection` work with a
 * named revision too, is there only some time after the revision.
 */
export const labelInjecting = (revision = 'default'): InjectionLabel =>
  revision === 'default'
    ? { key: 'istio-injection', value: 'enabled' }
    : { key: 'istio.io/rev', value: revision };

/** The revision that a label names; it may name a tag. */
export const revisionOf = ({ key, value }: InjectionLabel): string =>
  key === 'istio.io/rev' ? value : 'default';
