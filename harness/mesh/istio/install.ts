import { parseDocument } from 'yaml';
import type { KubernetesObject } from '../../cluster/types.ts';
import { poll } from '../../wait/wait.ts';
import { readManifest } from '../manifests.ts';
import type { Member } from '../types.ts';
import { cacerts, createIntermediate, createRoot, type Authority } from './certificates.ts';
import { createRemoteSecret, install, type Istioctl } from './istioctl.ts';
import { istioOperator } from './operator.ts';

export const SYSTEM_NAMESPACE = 'istio-system';
const GATEWAY_SERVICE = 'istio-eastwestgateway';
const PATIENCE_MS = 240_000;

/** What Istio is installed with. */
export interface IstioSettings {
  readonly istioctl: Istioctl;
  readonly hub: string | undefined;
  readonly tag: string | undefined;
  /** Files with IstioOperator settings of the user's, merged over ours. */
  readonly overlays: readonly string[];
  /** Who gives gateways their address: the harness with the node's, or something in the cluster. */
  readonly loadBalancer: 'node-ip' | 'metallb' | 'none';
  readonly gateways: boolean;
  readonly say: (text: string) => void;
}

/** A mesh on its way up. */
export interface RisingMesh {
  /** By cluster: its control plane injects proxies into new pods. Applications may be deployed from here on. */
  readonly injects: ReadonlyMap<string, Promise<void>>;
  /** Everything is installed, exposed and introduced to each other. */
  readonly ready: Promise<void>;
}

/** Installs Istio multi-primary into clusters that may still be on their way up, all at once. */
export function installMultiPrimary(
  members: ReadonlyMap<string, Promise<Member>>,
  settings: IstioSettings,
): RisingMesh {
  const root = createRoot();
  root.catch(() => undefined); // awaited per cluster, possibly much later
  const prepared = new Map<string, Promise<Member>>();
  const injects = new Map<string, Promise<void>>();
  const work: Promise<unknown>[] = [];
  for (const [name, member] of members) {
    const ready = member.then((value) => prepare(value, root));
    const installing = ready.then((value) => installControlPlane(value, settings));
    prepared.set(name, ready);
    injects.set(name, race(ready.then(waitForInjection), installing));
    work.push(
      installing,
      ready.then((value) => openGateway(value, settings)),
    );
  }
  work.push(...introduceAll(prepared, settings), ...injects.values());
  return { injects, ready: Promise.all(work).then(() => undefined) };
}

/**
 * For clusters that were kept: the mesh is there, but nodes may have come back with other addresses, so gateways and
 * remote secrets are written again.
 */
export async function reintroduce(members: readonly Member[], settings: IstioSettings): Promise<void> {
  const prepared = new Map(members.map((member) => [member.topology.name, Promise.resolve(member)]));
  await Promise.all([
    ...members.map((member) => openGateway(member, settings)),
    ...introduceAll(prepared, settings),
  ]);
}

/** Resolves with the first, unless the second fails before: then a wait need not last until its deadline. */
async function race(wanted: Promise<void>, mustNotFail: Promise<unknown>): Promise<void> {
  await Promise.race([wanted, mustNotFail.then(() => wanted)]);
}

async function prepare(member: Member, root: Promise<Authority>): Promise<Member> {
  const authority = await root;
  const intermediate = await createIntermediate(authority, member.topology.name);
  await member.client.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: SYSTEM_NAMESPACE,
      labels: { 'topology.istio.io/network': member.topology.network },
    },
  });
  await member.client.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cacerts', namespace: SYSTEM_NAMESPACE },
    stringData: await cacerts(authority, intermediate),
  });
  return member;
}

async function installControlPlane(member: Member, settings: IstioSettings): Promise<void> {
  settings.say(`installing Istio into ${member.topology.name}`);
  await install(settings.istioctl, member, {
    name: 'istio',
    operator: istioOperator({
      cluster: member.topology,
      hub: settings.hub,
      tag: settings.tag,
      gateway: settings.gateways,
    }),
    overlays: settings.overlays,
  });
}

interface Webhooks extends KubernetesObject {
  readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[];
}

interface WithReplicas extends KubernetesObject {
  readonly status?: { readonly availableReplicas?: number };
}

async function waitForInjection(member: Member): Promise<void> {
  const { client } = member;
  const what = `istiod in ${client.name} to inject proxies`;
  await poll({ what, timeoutMs: PATIENCE_MS, intervalMs: 500, isTransient: () => true }, async (saw) => {
    const [webhook] = await client.list<Webhooks>({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      labelSelector: 'app=sidecar-injector',
    });
    const [istiod] = await client.list<WithReplicas>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: SYSTEM_NAMESPACE,
      labelSelector: 'app=istiod',
    });
    const bundle = webhook?.webhooks?.every((hook) => (hook.clientConfig?.caBundle ?? '') !== '') ?? false;
    const available = istiod?.status?.availableReplicas ?? 0;
    saw(`${String(available)} istiod available, the webhook ${bundle ? 'has' : 'lacks'} its certificate`);
    return bundle && available > 0 ? true : undefined;
  });
}

/** Gives the east-west gateway its address and lets other networks reach every service through it. */
async function openGateway(member: Member, settings: IstioSettings): Promise<void> {
  if (!settings.gateways) return;
  const { client, provided } = member;
  const service = { apiVersion: 'v1', kind: 'Service', namespace: SYSTEM_NAMESPACE, name: GATEWAY_SERVICE };
  await waitFor(`Service ${GATEWAY_SERVICE} in ${client.name}`, () => client.get(service));
  if (settings.loadBalancer === 'node-ip' && provided.loadBalancerAddress !== undefined) {
    await client.patch(
      service,
      { status: { loadBalancer: { ingress: [{ ip: provided.loadBalancerAddress }] } } },
      { type: 'merge', subresource: 'status' },
    );
  }
  const exposed = readManifest(new URL('manifests/expose-services.yaml', import.meta.url));
  // Istio's definitions have just been applied and its validating webhook is starting: both refuse for a moment.
  await waitFor(`Gateways to be accepted in ${client.name}`, async () => {
    for (const object of exposed) await client.apply(object);
    return true;
  });
}

/** Each control plane gets a Secret for every other cluster, as soon as there is an account to make it for. */
function introduceAll(
  prepared: ReadonlyMap<string, Promise<Member>>,
  settings: IstioSettings,
): Promise<void>[] {
  return [...prepared].map(async ([name, rising]) => {
    const member = await rising;
    await waitFor(`ServiceAccount istio-reader-service-account in ${name}`, () =>
      member.client.get({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        namespace: SYSTEM_NAMESPACE,
        name: 'istio-reader-service-account',
      }),
    );
    const secret = parseDocument(
      await createRemoteSecret(settings.istioctl, member),
    ).toJS() as KubernetesObject;
    const peers = [...prepared].filter(([peer]) => peer !== name).map(([, peer]) => peer);
    await Promise.all(peers.map(async (peer) => (await peer).client.apply(secret)));
  });
}

async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  return poll({ what, timeoutMs: PATIENCE_MS, intervalMs: 500, isTransient: () => true }, () => look());
}
