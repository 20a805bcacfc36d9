import type { KubernetesObject } from '../../cluster/types.ts';
import { readManifest } from '../manifests.ts';
import type { Member } from '../types.ts';
import { SYSTEM_NAMESPACE, type IstioSettings } from './settings.ts';
import { waitFor } from './wait-for.ts';

const GATEWAY_SERVICE = 'istio-eastwestgateway';
const ISTIOD_SERVICE = 'istiod-load-balancer';

interface Service extends KubernetesObject {
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { ip?: string; hostname?: string }[] };
  };
}

/** Gives the east-west gateway its address and lets other networks reach every service through it. */
export async function openGateway(member: Member, settings: IstioSettings): Promise<void> {
  if (!settings.gateways) return;
  await giveAddress(member, GATEWAY_SERVICE, settings);
  // What is exposed is read from the control plane's cluster alone.
  if (member.topology.role === 'primary') await applyWhenAccepted(member, 'expose-services', settings);
}

/** Makes a control plane reachable for the proxies of remote clusters, and tells its address. */
export async function exposeControlPlane(member: Member, settings: IstioSettings): Promise<string> {
  if (settings.gateways) {
    await applyWhenAccepted(member, 'expose-istiod', settings);
    return addressOf(member, GATEWAY_SERVICE, settings);
  }
  for (const object of manifest('istiod-load-balancer')) await member.client.apply(object);
  await giveAddress(member, ISTIOD_SERVICE, settings);
  return addressOf(member, ISTIOD_SERVICE, settings);
}

const manifest = (name: string): KubernetesObject[] =>
  readManifest(new URL(`manifests/${name}.yaml`, import.meta.url));

const serviceRef = (name: string): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  apiVersion: 'v1',
  kind: 'Service',
  namespace: SYSTEM_NAMESPACE,
  name,
});

async function giveAddress(member: Member, name: string, settings: IstioSettings): Promise<void> {
  const { client, provided } = member;
  await waitFor(`Service ${name} in ${client.name}`, settings.istioctl.signal, () =>
    client.get(serviceRef(name)),
  );
  if (settings.loadBalancer !== 'node-ip' || provided.loadBalancerAddress === undefined) return;
  await client.patch(
    serviceRef(name),
    { status: { loadBalancer: { ingress: [{ ip: provided.loadBalancerAddress }] } } },
    { type: 'merge', subresource: 'status' },
  );
}

async function addressOf({ client }: Member, name: string, { istioctl }: IstioSettings): Promise<string> {
  return waitFor(`an address of Service ${name} in ${client.name}`, istioctl.signal, async () => {
    const service = await client.get<Service>(serviceRef(name));
    const [first] = service?.status?.loadBalancer?.ingress ?? [];
    return first?.ip ?? first?.hostname;
  });
}

/** Istio's definitions have just been applied and its validating webhook is starting: both refuse for a moment. */
async function applyWhenAccepted(member: Member, name: string, { istioctl }: IstioSettings): Promise<void> {
  await waitFor(`Gateways to be accepted in ${member.client.name}`, istioctl.signal, async () => {
    for (const object of manifest(name)) await member.client.apply(object);
    return true;
  });
}
