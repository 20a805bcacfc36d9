/** Reading of Kubernetes objects: only the fields that a control plane looks at. Wrong shapes read as absent. */
import type { Resource } from '../../types.ts';

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
}

interface ServiceFields {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

interface PodFields {
  readonly spec?: {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly containers?: readonly ContainerFields[];
    readonly initContainers?: readonly ContainerFields[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface ContainerFields {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

interface SliceFields {
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly name?: string };
  }[];
}

export const serviceFields = (object: Resource): ServiceFields => object as unknown as ServiceFields;
export const podFields = (object: Resource): PodFields => object as unknown as PodFields;
export const sliceFields = (object: Resource): SliceFields => object as unknown as SliceFields;

export const containersOf = (pod: Resource): ContainerFields[] => {
  const { initContainers = [], containers = [] } = podFields(pod).spec ?? {};
  return [...initContainers, ...containers];
};

/** Those that its containers name. */
export const portsOf = (pod: Resource): NonNullable<ContainerFields['ports']> =>
  containersOf(pod).flatMap(({ ports = [] }) => ports);

export const hasProxy = (pod: Resource): boolean =>
  containersOf(pod).some(({ name }) => name === 'istio-proxy');

/** A pod that is nothing but a proxy. */
export const isGatewayPod = (pod: Resource): boolean => {
  const { containers = [] } = podFields(pod).spec ?? {};
  return containers.length === 1 && containers[0]?.name === 'istio-proxy';
};

export const isReadyPod = (pod: Resource): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (podFields(pod).status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

export const accountOf = (pod: Resource): string => podFields(pod).spec?.serviceAccountName ?? 'default';

/** Does a selector of labels match? An empty or absent one matches nothing, as a Service's. */
export function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** The port of a pod that a Service's port leads to. */
export function targetPortOf({ port, targetPort = port }: ServicePort, pod: Resource): number {
  if (typeof targetPort === 'number') return targetPort;
  if (/^\d+$/.test(targetPort)) return Number(targetPort);
  return portsOf(pod).find(({ name }) => name === targetPort)?.containerPort ?? port;
}
