import { isIPv6 } from 'node:net';
import { conditionOf } from '../cluster/conditions.ts';
import type { ObjectRef } from '../cluster/objects.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { Feature, Member } from '../mesh/types.ts';
import { askOnce } from '../traffic/outside.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';
import type { Scene } from './scene.ts';

/** A gateway's Service, as far as its address goes. */
export interface GatewayService extends KubernetesObject {
  readonly spec?: {
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly nodePort?: number }[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { ip?: string; hostname?: string }[] };
  };
}

interface Node extends KubernetesObject {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/**
 * The address and port at which a gateway's Service is called from outside. Where the harness is the load balancer, it
 * gives the node's address. When the play is over, Service and routes are taken away and waited for: the next scenario's
 * gateway gets the same address and port, and Istio gives routes to every gateway with the right labels, whatever its
 * namespace.
 */
export async function addressOfGateway(scene: Scene, member: Member, name: string): Promise<string> {
  const { client, provided } = member;
  const { namespace, signal, context } = scene;
  const service = { apiVersion: 'v1', kind: 'Service', namespace, name };
  const what = `Service ${name} in ${client.name}`;
  // The Gateway API's controller makes a gateway's Service by itself.
  await poll({ what, timeoutMs: 60_000, signal }, () => client.get(service));
  scene.undo.push(() => takeAway(member, service, context.mesh.features));
  if (context.ingressAddress === 'given' && provided.loadBalancerAddress !== undefined) {
    const ingress = [{ ip: provided.loadBalancerAddress }];
    await client.patch(
      service,
      { status: { loadBalancer: { ingress } } },
      { type: 'merge', subresource: 'status' },
    );
  }
  const missing =
    context.ingressAddress === 'node-port'
      ? `a node port of ${what}, and a ready node`
      : `an address of ${what} (where no load balancer gives it one: --ingress-address node-port)`;
  const address = await poll({ what: missing, timeoutMs: context.timeoutMs, signal }, async () => {
    const found = await client.get<GatewayService>(service);
    return found === undefined ? undefined : addressFromOutside(scene, member, found);
  });
  await answers(address, scene);
  return address;
}

/** HOST:PORT at which visitors find a gateway's Service in this run, as `--ingress-address` has it; undefined without. */
export async function addressFromOutside(
  { context }: Scene,
  { client }: Member,
  service: GatewayService,
): Promise<string | undefined> {
  if (context.ingressAddress !== 'node-port') return atLoadBalancer(service);
  return atNode(service, await client.list<Node>({ apiVersion: 'v1', kind: 'Node' }));
}

function atLoadBalancer(service: GatewayService): string | undefined {
  const [first] = service.status?.loadBalancer?.ingress ?? [];
  const host = first?.ip ?? first?.hostname;
  return host === undefined ? undefined : at(host, httpPort(service)?.port ?? 80);
}

/** HOST:PORT as URLs have it: an IPv6 address in brackets. */
const at = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${String(port)}`;

/** Every node leads to a node port. @see https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport */
function atNode(service: GatewayService, nodes: readonly Node[]): string | undefined {
  const port = httpPort(service)?.nodePort;
  const addresses = nodes
    .filter((node) => conditionOf(node, 'Ready') !== undefined)
    .flatMap(({ status }) => status?.addresses ?? []);
  const host = ['ExternalIP', 'InternalIP']
    .map((wanted) => addresses.find(({ type }) => type === wanted)?.address)
    .find((found) => found !== undefined);
  return host === undefined || port === undefined ? undefined : at(host, port);
}

function httpPort(
  service: GatewayService,
): { readonly port: number; readonly nodePort?: number } | undefined {
  const ports = service.spec?.ports ?? [];
  return ports.find(({ name }) => name?.startsWith('http')) ?? ports[0];
}

/** A cloud's load balancer is ready zone by zone, and so are the addresses of its name: one answer is no sign of all. */
const STEADY_ANSWERS = 20;

/**
 * An address takes a moment to lead to its gateway; a cloud's load balancer, or the name that it has, some minutes. At its
 * deadline what is measured there is measured all the same.
 */
async function answers(address: string, { context, signal, recorder }: Scene): Promise<void> {
  await poll(
    {
      what: `${String(STEADY_ANSWERS)} answers in a row from ${address}`,
      timeoutMs: context.ingressAddress === 'load-balancer' ? context.timeoutMs : 30_000,
      intervalMs: 300,
      signal,
      isTransient: () => true,
    },
    async () => {
      for (let each = 0; each < STEADY_ANSWERS; each += 1) await askOnce(`http://${address}/`);
      return true;
    },
  ).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
    recorder.say(error.message);
  });
}

async function takeAway(
  { client }: Member,
  service: ObjectRef & { readonly namespace: string },
  features: readonly Feature[],
): Promise<void> {
  const { namespace } = service;
  const versions = [
    'networking.istio.io/v1',
    ...(features.includes('gateway-api') ? ['gateway.networking.k8s.io/v1'] : []),
  ];
  // Gateways first: a controller would make the Service of one again.
  for (const apiVersion of versions) {
    const gateway = { apiVersion, kind: 'Gateway', namespace };
    const gateways = await client.list(gateway);
    await Promise.all(
      gateways.map(({ metadata: { name } }) =>
        client.deleteAndWait({ ...gateway, name }, { timeoutMs: 30_000 }),
      ),
    );
  }
  await client.deleteAndWait(service, { timeoutMs: 30_000 });
}
