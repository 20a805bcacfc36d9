import type { ClusterTopology } from '../../topology/topology.ts';
import { overlaps, parseCidr, type Cidr } from '../../topology/cidr.ts';
import type { Finding } from '../types.ts';
import { about } from './findings.ts';
import { probeOutput } from './probe.ts';

/** Addresses and whose they are. */
export interface Range {
  readonly owner: string;
  readonly cidr: Cidr;
  /** An overlap with these breaks clusters; with others only what pods want to reach there is unreachable. */
  readonly fatal: boolean;
}

const say = about('addresses');
const toRange = (owner: string, text: string, fatal: boolean): Range[] => {
  const parsed = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? '128' : '32'}`);
  return 'cidr' in parsed ? [{ owner, cidr: parsed.cidr, fatal }] : [];
};

/** Addresses of the clusters' pods and Services. */
export const rangesOf = (clusters: readonly ClusterTopology[]): Range[] =>
  clusters.flatMap(({ name, podSubnet, serviceSubnet }) => [
    ...toRange(`pods of ${name}`, podSubnet, true),
    ...toRange(`Services of ${name}`, serviceSubnet, true),
  ]);

interface DockerNetwork {
  readonly Name?: string;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

/** Addresses of Docker's networks. The one that kind puts nodes on is fatal to overlap with. */
export async function dockerRanges(env: NodeJS.ProcessEnv = process.env): Promise<Range[]> {
  const ids =
    (await probeOutput('docker', ['network', 'ls', '-q']))?.split(/\s+/).filter((id) => id !== '') ?? [];
  const text = ids.length === 0 ? undefined : await probeOutput('docker', ['network', 'inspect', ...ids]);
  const nodes = env['KIND_EXPERIMENTAL_DOCKER_NETWORK'] ?? 'kind';
  return (readList(text) as readonly DockerNetwork[]).flatMap(({ Name: name = '?', IPAM: ipam }) =>
    (ipam?.Config ?? []).flatMap(({ Subnet: subnet = '' }) =>
      toRange(`Docker network ${name}`, subnet, name === nodes),
    ),
  );
}

interface Route {
  readonly dst?: string;
  readonly dev?: string;
}

/** Addresses that this machine has routes to. None where `ip` cannot say it. */
export async function hostRanges(): Promise<Range[]> {
  const routes = readList(await probeOutput('ip', ['-json', 'route', 'show'])) as readonly Route[];
  return routes
    .filter(({ dev = '' }) => !/^(docker|br-)/.test(dev)) // bridges of Docker's networks, asked of Docker itself
    .flatMap(({ dst = 'default', dev = '?' }) =>
      dst === 'default' ? [] : toRange(`the route of this machine by ${dev}`, dst, false),
    );
}

function readList(text: string | undefined): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Overlaps of the clusters' addresses with each other and with what is here already. */
export function checkRanges(ours: readonly Range[], others: readonly Range[]): Finding[] {
  const pairs = ours.flatMap((range, index) =>
    [...ours.slice(0, index), ...others].flatMap((other) =>
      overlaps(range.cidr, other.cidr) ? [{ range, other }] : [],
    ),
  );
  return pairs.map(({ range, other }) => {
    const message = `${range.cidr.text} (${range.owner}) overlaps ${other.cidr.text} (${other.owner})`;
    const remedy = `give ${range.owner} other addresses: podSubnet, serviceSubnet in the suite's topology.yaml`;
    return other.fatal
      ? say.error(message, remedy)
      : say.warning(`${message}; pods cannot reach that`, remedy);
  });
}
