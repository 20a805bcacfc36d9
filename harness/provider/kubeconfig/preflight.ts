import { connect, type Cluster } from '../../cluster/cluster.ts';
import { ApiError, ClusterError } from '../../cluster/errors.ts';
import { kubectl } from '../../cluster/kubeconfig.ts';
import type { ClusterSource } from '../../options/types.ts';
import { about } from '../preflight/findings.ts';
import { atLeast, readVersion, type Version } from '../preflight/version.ts';
import type { Finding } from '../types.ts';
import { checkEmpty } from './check-empty.ts';
import { checkRights } from './check-rights.ts';
import { checkOtherRuns } from './check-runs.ts';
import { checkDistinct, checkNames, type Identity } from './names.ts';
import type { KubeconfigOptions } from './options.ts';
import { reasonOf } from './reason.ts';
import { rightsFor } from './rights.ts';

/** The first with `preStop.sleep` switched on, which the applications use. */
const MINIMUM: Version = [1, 30, 0];
/** Certificates begin to be refused somewhere beyond; Istio backdates its own by two minutes. */
const SKEW_WARNING_MS = 30_000;
const SKEW_REMEDY =
  'synchronise the clocks of this machine and of the nodes: timedatectl status, chronyc tracking';

/** Everything that would keep these clusters from being used, at once. Changes nothing in them. */
export async function kubeconfigPreflight(options: KubeconfigOptions): Promise<Finding[]> {
  const looks = await Promise.all(options.sources.map((source) => lookAt(source, options)));
  return [
    ...checkNames(options.sources, options.clusters),
    ...looks.flatMap(({ findings }) => findings),
    ...checkDistinct(looks.flatMap(({ identity }) => identity ?? [])),
    ...skewBetween(looks.flatMap(({ skew }) => skew ?? [])),
  ];
}

interface Skew {
  readonly name: string;
  /** The server's clock minus ours, in milliseconds. */
  readonly aheadMs: number;
}

interface Look {
  readonly findings: readonly Finding[];
  readonly identity?: Identity;
  readonly skew?: Skew;
}

async function lookAt(source: ClusterSource, options: KubeconfigOptions): Promise<Look> {
  const { name, file, context } = source;
  let cluster: Cluster;
  try {
    cluster = await connect({ name, kubeconfig: file, context });
  } catch (error) {
    return { findings: [explain(source, error)] };
  }
  try {
    const version = await cluster.version(); // alone: a cluster that is not there is said once
    const [identity, skew, rights, otherRuns] = await Promise.all([
      identify(cluster),
      measureSkew(cluster),
      checkRights(cluster, rightsFor(options)),
      checkOtherRuns(cluster),
    ]);
    const findings = [
      ...checkVersion(name, version),
      ...checkServer(cluster, options),
      ...(options.installMesh ? await checkEmpty(cluster) : []),
      ...checkSkew(skew),
      ...rights,
      ...otherRuns,
    ];
    return { findings, identity, skew };
  } catch (error) {
    return { findings: [explain(source, error)] };
  } finally {
    await cluster.close();
  }
}

function explain(source: ClusterSource, error: unknown): Finding {
  const { name, file, context } = source;
  const look = `${kubectl({ kubeconfig: file, context })} version`;
  const remedy = error instanceof ClusterError ? error.remedy : undefined;
  return about(name).error(reasonOf(error), remedy ?? look);
}

async function identify(cluster: Cluster): Promise<Identity> {
  const { name, server } = cluster;
  try {
    const ref = { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' };
    const uid = (await cluster.get(ref))?.metadata['uid'];
    return { name, identity: typeof uid === 'string' ? `kube-system ${uid}` : server };
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return { name, identity: server };
    throw error;
  }
}

function checkVersion(name: string, text: string): Finding[] {
  const version = readVersion(text);
  if (version === undefined || atLeast(version, MINIMUM)) return [];
  return [
    about(name).error(`Kubernetes 1.30 or later is needed; the API server is ${text}`, `upgrade ${name}`),
  ];
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)$/;

/** A mesh that is to be installed hands the server's address to the other control planes. */
function checkServer(cluster: Cluster, options: KubeconfigOptions): Finding[] {
  if (!options.installMesh || !LOOPBACK.test(new URL(cluster.server).hostname)) return [];
  const message = `the API server's address is ${cluster.server}; control planes of other clusters cannot reach that`;
  const remedy = `set the address that other clusters reach as server in ${cluster.kubeconfig} (a kind cluster's: kind get kubeconfig --internal)`;
  return [about(cluster.name).error(message, remedy)];
}

async function measureSkew(cluster: Cluster): Promise<Skew> {
  const { serverMs, localMs } = await cluster.clock();
  return { name: cluster.name, aheadMs: serverMs - localMs };
}

const seconds = (ms: number): string => `${String(Math.round(Math.abs(ms) / 1000))} s`;

function checkSkew({ name, aheadMs }: Skew): Finding[] {
  if (Math.abs(aheadMs) < SKEW_WARNING_MS) return [];
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  const message = `its clock is ${seconds(aheadMs)} ${direction} this machine's; certificates may be refused`;
  return [about(name).warning(message, SKEW_REMEDY)];
}

/** Two clusters may each be near enough to this machine, and too far from each other. */
function skewBetween(skews: readonly Skew[]): Finding[] {
  const near = skews
    .filter(({ aheadMs }) => Math.abs(aheadMs) < SKEW_WARNING_MS)
    .sort((a, b) => a.aheadMs - b.aheadMs);
  const [slowest] = near;
  const fastest = near.at(-1);
  if (slowest === undefined || fastest === undefined) return [];
  const apart = fastest.aheadMs - slowest.aheadMs;
  if (apart < SKEW_WARNING_MS) return [];
  const message = `the clocks of ${slowest.name} and ${fastest.name} are ${seconds(apart)} apart`;
  return [about('clocks').warning(message, SKEW_REMEDY)];
}
