import { createHash, X509Certificate } from 'node:crypto';
import type { Cluster } from '../../cluster/cluster.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { ControlPlane, EastWestGateway, InjectionLabel, MeshInCluster } from '../types.ts';
import { entryOf, isEntered, type GatewayService, listenerPortsOf } from './gateway-entry.ts';
import { labelInjecting } from './injected.ts';
import { networkOfInjectors } from './injector-values.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';
import { visibleInjectorsIn } from './webhooks.ts';

interface Deployment extends KubernetesObject {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: {
        readonly containers?: readonly {
          readonly image?: string;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

const environmentOf = (deployment: Deployment, name: string): string | undefined =>
  deployment.spec?.template?.spec?.containers
    ?.flatMap((container) => container.env ?? [])
    .find((variable) => variable.name === name)?.value;

const tagOf = (image: string | undefined): string => /:([^:/@]+)(@|$)/.exec(image ?? '')?.[1] ?? 'unknown';

const controlPlaneOf = (deployment: Deployment): ControlPlane => ({
  revision: deployment.metadata.labels?.['istio.io/rev'] ?? 'default',
  version: tagOf(deployment.spec?.template?.spec?.containers?.[0]?.image),
  deployment: deployment.metadata.name,
});

/** The label that injects, as the installed control planes have it: the default revision's own, or a named one's. */
function injectionLabelOf(controlPlanes: readonly ControlPlane[]): InjectionLabel {
  const [first] = controlPlanes;
  const isDefault = controlPlanes.some(({ revision }) => revision === 'default');
  return labelInjecting(isDefault ? 'default' : first?.revision);
}

/** Nothing selected is not everything: without a selector somebody else says where calls go. */
function isSelected({ spec }: Deployment, service: GatewayService): boolean {
  const selector = Object.entries(service.spec?.selector ?? {});
  const labels = spec?.template?.metadata?.labels;
  return selector.length > 0 && selector.every(([key, value]) => labels?.[key] === value);
}

async function findGateway(cluster: Cluster, network: string | null): Promise<EastWestGateway | null> {
  if (network === null) return null;
  const services = await cluster.list<GatewayService>({
    apiVersion: 'v1',
    kind: 'Service',
    labelSelector: `topology.istio.io/network=${network}`,
  });
  const service = services.find(isEntered);
  const namespace = service?.metadata.namespace;
  if (service === undefined || namespace === undefined) return null;
  const deployments = await cluster.list<Deployment>({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace,
  });
  const [deployment, another] = deployments.filter((candidate) => isSelected(candidate, service));
  return {
    namespace,
    service: service.metadata.name,
    // What scales one of several does not take the gateway away.
    deployment: another === undefined ? (deployment?.metadata.name ?? null) : null,
    selector: service.spec?.selector ?? {},
    ...(await entryOf(cluster, service)),
    listenerPorts: listenerPortsOf(service),
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Fingerprint of the root certificate that workloads of this cluster check others against. While a root is replaced there
 * are several, in any order: all of theirs, joined by +.
 */
async function rootFingerprintOf(cluster: Cluster): Promise<string | null> {
  const config = await cluster.get<KubernetesObject & { data?: Record<string, string> }>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: SYSTEM_NAMESPACE,
    name: 'istio-ca-root-cert',
  });
  const pem = config?.data?.['root-cert.pem'];
  const certificates = pem?.match(CERTIFICATE) ?? [];
  const fingerprints = certificates.map((one) =>
    createHash('sha256').update(new X509Certificate(one).raw).digest('hex'),
  );
  return fingerprints.length === 0 ? null : [...new Set(fingerprints)].sort().join('+');
}

/**
 * A remote cluster's webhook names the cluster for its control plane: `/inject/cluster/NAME/net/NETWORK`. It is in the
 * URL (istiodRemote.injectionURL), or in the path at a Service (istiodRemote.injectionPath).
 */
async function namesInWebhooks(
  cluster: Cluster,
): Promise<{ readonly id?: string; readonly network?: string }> {
  const injectors = await visibleInjectorsIn(cluster);
  const places = injectors
    .flatMap(({ webhooks = [] }) => webhooks)
    .map(({ clientConfig }) => clientConfig?.url ?? clientConfig?.service?.path);
  const found = places.map((place) => /\/inject\/cluster\/([^/]+)(?:\/net\/([^/]+))?/.exec(place ?? ''));
  const [, id, network] = found.find((one) => one !== null) ?? [];
  return { ...(id === undefined ? {} : { id }), ...(network === undefined ? {} : { network }) };
}

/** Which cluster is read, and what the topology says of it. */
export interface MeshSubject {
  readonly client: Cluster;
  /** The cluster that its proxies are configured by, as the topology has it. @default itself */
  readonly primary?: string;
  /** Where the user says how proxies are injected. */
  readonly injection?: InjectionLabel | undefined;
}

/** Reads what the mesh is in one cluster. Nothing is assumed from its installation. */
export async function readMesh(subject: MeshSubject): Promise<MeshInCluster> {
  const { client: cluster, injection } = subject;
  const [namespace, deployments, rootFingerprint] = await Promise.all([
    cluster.get({ apiVersion: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE }),
    cluster.list<Deployment>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: SYSTEM_NAMESPACE,
      labelSelector: 'app=istiod',
    }),
    rootFingerprintOf(cluster),
  ]);
  const label = namespace?.metadata.labels?.['topology.istio.io/network'];
  const inCharge = namespace?.metadata.annotations?.['topology.istio.io/controlPlaneClusters'];
  const controlPlanes = deployments.map(controlPlaneOf);
  const [first] = deployments;
  const names = first === undefined ? await namesInWebhooks(cluster) : {};
  // Pods get their network from the installation's values, whether or not the namespace has the label.
  const network = label ?? names.network ?? (await networkOfInjectors(cluster, controlPlanes));
  return {
    cluster: cluster.name,
    clusterId: (first === undefined ? names.id : environmentOf(first, 'CLUSTER_ID')) ?? null,
    network,
    networkIsLabelled: label !== undefined,
    configuredBy: subject.primary ?? cluster.name,
    controlPlaneClusters: inCharge?.split(',').map((id) => id.trim()) ?? [],
    controlPlanes,
    injectionLabel: injection ?? injectionLabelOf(controlPlanes),
    eastWestGateway: await findGateway(cluster, network),
    rootFingerprint,
  };
}
