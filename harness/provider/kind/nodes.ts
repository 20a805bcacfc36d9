import { run } from '../../command/command.ts';
import { poll } from '../../wait/wait.ts';
import type { ClusterTopology } from '../../topology/topology.ts';

/** The node's address on the container network: other clusters' pods reach it there. */
export async function nodeAddress(container: string, signal?: AbortSignal): Promise<string> {
  const { stdout } = await run(
    'docker',
    ['inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}', container],
    { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) },
  );
  const address = stdout.trim().split(/\s+/)[0];
  if (address === undefined || address === '')
    throw new Error(`container ${container} has no address on a network`);
  return address;
}

/** One node's part in a flat network: what it routes to the others. */
export interface Neighbour {
  readonly container: string;
  readonly address: string;
  readonly cluster: ClusterTopology;
}

/**
 * Makes pods of clusters on one network reach each other: each node gets a route to every other's pods.
 * Routes vanish when a node restarts, so this is done again on reuse.
 */
export async function routeBetween(neighbours: readonly Neighbour[]): Promise<void> {
  const pairs = neighbours.flatMap((from) =>
    neighbours
      .filter((to) => to !== from && to.cluster.network === from.cluster.network)
      .map((to) => ({ from, to })),
  );
  await Promise.all(
    pairs.map(({ from, to }) =>
      run(
        'docker',
        ['exec', from.container, 'ip', 'route', 'replace', to.cluster.podSubnet, 'via', to.address],
        { timeoutMs: 15_000 },
      ),
    ),
  );
}

const signalApiServer = async (container: string, signal: 'STOP' | 'CONT'): Promise<void> => {
  await run('docker', ['exec', container, 'pkill', `-${signal}`, '-x', 'kube-apiserver'], {
    timeoutMs: 15_000,
  });
};

/** Stops a node as a power cut does (nothing is closed, nothing answers), or its API server alone. */
export async function freeze(container: string, part: 'node' | 'api-server'): Promise<void> {
  await (part === 'node'
    ? run('docker', ['pause', container], { timeoutMs: 30_000 })
    : signalApiServer(container, 'STOP'));
}

/** Starts again what `freeze` stopped. Harmless when nothing is frozen. */
export async function thaw(container: string, part: 'node' | 'api-server'): Promise<void> {
  if (part === 'api-server') {
    await signalApiServer(container, 'CONT');
    return;
  }
  await poll({ what: `container ${container} to run again`, timeoutMs: 30_000 }, async (sees) => {
    const { stdout } = await run('docker', ['inspect', '-f', '{{.State.Status}}', container], {
      timeoutMs: 10_000,
    });
    sees(`status ${stdout.trim()}`);
    if (stdout.trim() !== 'paused') return true;
    await run('docker', ['unpause', container], { timeoutMs: 15_000 });
    return undefined;
  });
}

/**
 * Lets the processes of a container go that a container runtime in it had frozen when it was killed, as runc does for a
 * moment with each pod that it starts. Under cgroup v1 such a process cannot be killed until it is thawed, and the container
 * that waits for it cannot be removed. Harmless where nothing is frozen.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
export async function releaseFrozen(container: string): Promise<void> {
  const { stdout } = await run('docker', ['inspect', '-f', '{{.Id}} {{.Image}}', container], {
    timeoutMs: 10_000,
  });
  const [id = '', image = ''] = stdout.trim().split(' ');
  const cgroups = '/sys/fs/cgroup';
  const script = `find ${cgroups}/freezer -path "*/$1/*" -name freezer.state | while read -r state; do echo THAWED >"$state"; done`;
  const sandbox = ['--privileged', '--cgroupns', 'host', '--network', 'none', '-v', `${cgroups}:${cgroups}`];
  // The node's own image: it is there, and has a shell.
  await run('docker', ['run', '--rm', ...sandbox, '--entrypoint', 'sh', image, '-c', script, 'sh', id], {
    timeoutMs: 30_000,
  });
}
