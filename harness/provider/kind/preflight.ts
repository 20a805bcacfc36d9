import type { ClusterTopology } from '../../topology/topology.ts';
import { checkDocker, isImageLocal, type Engine } from '../preflight/docker.ts';
import { about } from '../preflight/findings.ts';
import { checkDisk, checkInotify, checkMemory } from '../preflight/host.ts';
import { probeOutput } from '../preflight/probe.ts';
import { checkRanges, dockerRanges, hostRanges, rangesOf } from '../preflight/ranges.ts';
import { checkTool, type Tool } from '../preflight/tool.ts';
import { atLeast, readVersion, type Version } from '../preflight/version.ts';
import type { Finding } from '../types.ts';
import { kindName, nodeContainer } from './config.ts';
import type { KindOptions } from './kind.ts';

/** Older ones write other configuration and cannot start the node images of today. */
const MINIMUM: Version = [0, 20, 0];
/** From here on the kubelet refuses cgroup v1 (kubernetes/kubernetes#134298) and kind's default image is that new. */
const NO_CGROUP_V1: Version = [1, 35, 0];
const KIND_DEFAULTS_TO_IT: Version = [0, 31, 0];
/** A container's name is its hostname, and Linux takes no longer ones. */
const HOSTNAME_MAX = 63;
/** As long as every run id. */
const SOME_RUN_ID = '0101-0000-aaa';

const kindTool = (program: string): Tool => ({
  name: 'kind',
  program,
  versionArgs: ['version'],
  minimum: MINIMUM,
  install: 'install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  option: '--kind-bin',
});

/** Everything that would keep kind clusters from coming up, at once. Makes and changes nothing. */
export async function kindPreflight(options: KindOptions): Promise<Finding[]> {
  const { clusters, program, nodeImage, reuse } = options;
  const [docker, kind, taken, present, left] = await Promise.all([
    checkDocker(),
    checkTool(kindTool(program)),
    Promise.all([dockerRanges(), hostRanges()]),
    nodeImage === undefined ? true : isImageLocal(nodeImage),
    reuse ? [] : leftovers(program),
  ]);
  const { engine } = docker;
  const ofMachine = engine === undefined ? [] : await machineFindings(engine, reuse ? 0 : clusters.length);
  const pulls = engine !== undefined && nodeImage !== undefined && !present;
  return [
    ...docker.findings,
    ...kind.findings,
    ...ofMachine,
    ...(engine === undefined ? [] : cgroupFindings(engine, { nodeImage, kind: kind.version })),
    ...checkRanges(rangesOf(clusters), reuse ? [] : taken.flat()),
    ...clusters.flatMap(longName),
    ...(engine === undefined ? [] : left),
    ...(pulls
      ? [about('node image').info(`${nodeImage} is not in the local Docker; kind is going to pull it`)]
      : []),
  ];
}

async function machineFindings(engine: Engine, newClusters: number): Promise<Finding[]> {
  const found = await Promise.all([
    engine.local ? checkInotify() : [],
    checkMemory(engine, newClusters),
    checkDisk(engine),
  ]);
  return found.flat();
}

function cgroupFindings(
  engine: Engine,
  nodes: { readonly nodeImage: string | undefined; readonly kind: Version | undefined },
): Finding[] {
  if (engine.cgroupVersion !== 1) return [];
  const say = about('cgroup');
  const remedy = 'take an older node image: --kind-image kindest/node:v1.34.0 (or boot with cgroup v2)';
  if (nodes.nodeImage === undefined) {
    const refuses = nodes.kind !== undefined && atLeast(nodes.kind, KIND_DEFAULTS_TO_IT);
    const message =
      "this machine has cgroup v1, and kind's default node image needs cgroup v2 (Kubernetes 1.35 and later)";
    return refuses ? [say.error(message, remedy)] : [];
  }
  const version = readVersion(nodes.nodeImage.replace(/@.*$/, '').replace(/^.*:/, ''));
  if (version === undefined || !atLeast(version, NO_CGROUP_V1)) return [];
  const message = `this machine has cgroup v1, and node image ${nodes.nodeImage} (Kubernetes 1.35 and later) needs cgroup v2`;
  return [say.error(message, remedy)];
}

function longName({ name }: ClusterTopology): Finding[] {
  const over = nodeContainer(kindName(SOME_RUN_ID, name)).length - HOSTNAME_MAX;
  if (over <= 0) return [];
  const message = `cluster name ${name} is ${String(over)} characters too long for the hostname of a kind node`;
  return [about('names').error(message, `give it a shorter name in the suite's topology.yaml`)];
}

/** Clusters of other runs, which take memory; each run's names are its own, so none collides. */
async function leftovers(program: string): Promise<Finding[]> {
  const listed = (await probeOutput(program, ['get', 'clusters', '-q'])) ?? '';
  const ours = listed.split('\n').filter((name) => name.startsWith('meshproof-'));
  if (ours.length === 0) return [];
  const message = `${String(ours.length)} clusters of other runs are there: ${ours.join(', ')}`;
  return [about('kind').warning(message, 'unless they are in use: npx meshproof clean')];
}
