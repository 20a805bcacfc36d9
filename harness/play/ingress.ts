import type { ObjectRef } from '../cluster/objects.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { Feature, Member } from '../mesh/types.ts';
import { askOnce } from '../traffic/outside.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';
import type { Scene } from './scene.ts';

interface Service extends KubernetesObject {
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly port: number }[] };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { ip?: string; hostname?: string }[] };
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
  // The Gateway API's controller makes a gateway's Service by itself.
  await poll({ what: `Service ${name} in ${client.name}`, timeoutMs: 60_000, signal }, () =>
    client.get(service),
  );
  if (context.giveAddresses && provided.loadBalancerAddress !== undefined) {
    const ingress = [{ ip: provided.loadBalancerAddress }];
    await client.patch(
      service,
      { status: { loadBalancer: { ingress } } },
      { type: 'merge', subresource: 'status' },
    );
  }
  scene.undo.push(() => takeAway(member, service, context.mesh.features));
  const address = await poll(
    { what: `an address of Service ${name} in ${client.name}`, timeoutMs: 60_000, signal },
    async () => {
      const found = await client.get<Service>(service);
      const [first] = found?.status?.loadBalancer?.ingress ?? [];
      const host = first?.ip ?? first?.hostname;
      const ports = found?.spec?.ports ?? [];
      const port = (ports.find((one) => one.name?.startsWith('http')) ?? ports[0])?.port ?? 80;
      return host === undefined ? undefined : `${host}:${String(port)}`;
    },
  );
  await answers(address, scene);
  return address;
}

/** An address takes a moment to lead to its gateway. At its deadline what is measured there is measured all the same. */
async function answers(address: string, { signal, recorder }: Scene): Promise<void> {
  await poll(
    {
      what: `any answer from ${address}`,
      timeoutMs: 30_000,
      intervalMs: 300,
      signal,
      isTransient: () => true,
    },
    () => askOnce(`http://${address}/`),
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
