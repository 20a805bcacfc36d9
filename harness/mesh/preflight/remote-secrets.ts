import { istioctl, kubectl } from '../../cluster/kubeconfig.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { about } from '../../provider/preflight/findings.ts';
import type { Finding } from '../../provider/types.ts';
import { readRemoteKubeconfig, remoteEntriesIn } from '../istio/remote-secret.ts';
import { watchedClusters, type WatchedCluster } from '../istio/control-plane.ts';
import { isLoopback } from '../loopback.ts';
import type { MeshMember } from '../preflight.ts';

/** What a remote secret tells, without what is secret in it. */
export interface RemoteAccess {
  /** The key, which is the cluster's ID. */
  readonly clusterId: string;
  /** Undefined if its kubeconfig cannot be read. */
  readonly server: string | undefined;
  /** When its token ends, in milliseconds since the epoch; undefined where it does not, or does not tell. */
  readonly expiresMs: number | undefined;
}

/** Reads one entry of a remote secret: a kubeconfig in base64. Never throws, never gives the token. */
export function readRemoteAccess(clusterId: string, base64: string): RemoteAccess {
  const { server, token } = readRemoteKubeconfig(base64) ?? {};
  return { clusterId, server, expiresMs: token?.expiresMs };
}

/** By which addresses a cluster's control plane reads other clusters. Gives no token. */
export async function remoteAccessHeld(client: Cluster): Promise<readonly RemoteAccess[]> {
  return (await remoteEntriesIn(client)).map(([id, base64]) => readRemoteAccess(id, base64));
}

const why = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** Has this cluster's control plane a secret for each of the others, with an address and a token that can work? */
export async function checkRemoteSecrets(
  member: MeshMember,
  peers: readonly MeshMember[],
): Promise<Finding[]> {
  const { name, client, mesh } = member;
  if (mesh.controlPlanes.length === 0) return []; // it keeps its secrets where it is hosted
  let held: readonly RemoteAccess[];
  try {
    held = await remoteAccessHeld(client);
  } catch (error) {
    return [about(name).info(`its remote secrets cannot be looked at: ${why(error)}`)];
  }
  return peers.flatMap((peer) => judgeSecret(member, peer, held));
}

function judgeSecret(member: MeshMember, peer: MeshMember, held: readonly RemoteAccess[]): Finding[] {
  const say = about(member.name);
  const id = peer.mesh.clusterId;
  if (id === null) return []; // told once, by checkIds
  const make = `${istioctl('create-remote-secret', peer.client)} --name ${id}`;
  const remedy = `${make} --server ADDRESS | ${kubectl(member.client)} apply -f -`;
  const found = held.find(({ clusterId }) => clusterId === id);
  if (found === undefined) {
    const others = held.map(({ clusterId }) => clusterId).join(', ') || 'none';
    return [
      say.warning(`no remote secret for ${peer.name} (cluster ID ${id}); there are: ${others}`, remedy),
    ];
  }
  const { server, expiresMs } = found;
  if (server === undefined)
    return [say.warning(`the remote secret for ${peer.name} holds no kubeconfig that can be read`, remedy)];
  const findings: Finding[] = [];
  if (isLoopback(server)) {
    findings.push(
      say.warning(
        `the remote secret for ${peer.name} has the address ${server}, which istiod cannot reach`,
        remedy,
      ),
    );
  }
  if (expiresMs !== undefined && expiresMs < Date.now()) {
    const since = new Date(expiresMs).toISOString();
    findings.push(say.warning(`the token in the remote secret for ${peer.name} expired at ${since}`, remedy));
  }
  return findings;
}

/** Has this cluster's control plane read the others? */
export async function checkSync(member: MeshMember, peers: readonly MeshMember[]): Promise<Finding[]> {
  if (member.mesh.controlPlanes.length === 0) return [];
  try {
    return judgeSync(member, peers, await watchedClusters(member.client));
  } catch (error) {
    return [
      about(member.name).warning(`its control plane cannot be asked: ${why(error)}`, lookAtSync(member)),
    ];
  }
}

const lookAtSync = ({ client }: MeshMember): string => istioctl('remote-clusters', client);

/** What a control plane's answer means. Every one of its pods has to have read every other cluster. */
export function judgeSync(
  member: MeshMember,
  peers: readonly MeshMember[],
  watched: readonly WatchedCluster[],
): Finding[] {
  const say = about(member.name);
  return peers.flatMap((peer) => {
    if (peer.mesh.clusterId === null) return [];
    const states = watched.filter(({ id }) => id === peer.mesh.clusterId).map(({ syncStatus }) => syncStatus);
    if (states.length === 0)
      return [say.warning(`its control plane does not watch ${peer.name}`, lookAtSync(member))];
    const bad = states.find((status) => status !== 'synced');
    if (bad === undefined) return [];
    return [say.warning(`its control plane has not read ${peer.name}: ${bad}`, lookAtSync(member))];
  });
}
