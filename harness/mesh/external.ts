import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../command/command-error.ts';
import { run } from '../command/command.ts';
import { duration } from '../wait/wait.ts';
import { pinContext } from './pinned-kubeconfig.ts';
import { placeOf } from '../provider/place-of.ts';
import type { Member } from './types.ts';

/** A vendor's own installer: any executable that takes `install` or `cleanup` as its first argument. */
export interface ExternalInstaller {
  readonly program: string;
  /** Its working directory, of the run's own; its log is written here too. */
  readonly directory: string;
  /** For each of install and cleanup, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What MESHPROOF_TOPOLOGY names a file with. */
export interface InstallerTopology {
  readonly clusters: readonly {
    readonly name: string;
    readonly role: 'primary' | 'remote';
    readonly primary: string;
    readonly network: string;
    readonly podSubnet: string;
    readonly serviceSubnet: string;
    readonly region?: string;
    readonly zone?: string;
    readonly revision?: string;
    readonly kubeconfig: string;
    readonly context?: string;
    /** URL of the API server as the other clusters reach it. */
    readonly server?: string;
    /** The address that Services of type LoadBalancer are given by the harness. */
    readonly loadBalancerAddress?: string;
  }[];
}

/** Installs the mesh into all clusters. Throws with the installer's last words, and where its log is. */
export const installExternally = (
  installer: ExternalInstaller,
  env: Readonly<Record<string, string>>,
): Promise<void> => callWith(installer, env, 'install');

/** Removes the mesh from all clusters, by what `environmentOf` told. The installer has to bear it if there is none. */
export const cleanUpExternally = (
  installer: ExternalInstaller,
  env: Readonly<Record<string, string>>,
): Promise<void> => callWith(installer, env, 'cleanup');

/** The variable that names a cluster's kubeconfig: `cluster-1` → `MESHPROOF_KUBECONFIG_CLUSTER_1`. */
export const kubeconfigVariable = (cluster: string): string =>
  `MESHPROOF_KUBECONFIG_${cluster.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

async function callWith(
  installer: ExternalInstaller,
  env: Readonly<Record<string, string>>,
  action: 'install' | 'cleanup',
): Promise<void> {
  const { program, directory, timeoutMs, signal } = installer;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const logFile = join(directory, `${action}.log`);
  try {
    await run(program, [action], { cwd: directory, env, timeoutMs, signal, logFile });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Error(
      `the installer ${program} ${action} failed: ${explain(error, timeoutMs)}\n  its log: ${logFile}`,
      { cause: error },
    );
  }
}

function explain(error: CommandError, timeoutMs: number): string {
  if (error.kind === 'timeout')
    return `it did not end within ${duration(timeoutMs)}, which --timeout bounds\n${error.message}`;
  if (error.kind === 'missing')
    return `${error.message}\n  --installer expects an executable file: chmod +x FILE`;
  return error.message;
}

/** What an installer is told: variables, and the files below `directory` that they name. No secret is among them. */
export async function environmentOf(
  directory: string,
  members: readonly Member[],
): Promise<Record<string, string>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const topologyFile = join(directory, 'topology.json');
  await writeFile(topologyFile, `${JSON.stringify(describe(members), null, 2)}\n`);
  const files = await Promise.all(
    members.map(
      async (member) =>
        [kubeconfigVariable(member.topology.name), await kubeconfigFile(directory, member)] as const,
    ),
  );
  return {
    ...Object.fromEntries(files),
    MESHPROOF_CLUSTERS: members.map(({ topology }) => topology.name).join(' '),
    MESHPROOF_TOPOLOGY: topologyFile,
  };
}

/** One file whose current context is the cluster's. */
async function kubeconfigFile(directory: string, { provided, topology }: Member): Promise<string> {
  const { kubeconfig, context } = provided;
  if (context === undefined) return kubeconfig;
  const pinned = join(directory, `${topology.name}.kubeconfig`);
  await pinContext(kubeconfig, context, pinned);
  return pinned;
}

function describe(members: readonly Member[]): InstallerTopology {
  return {
    clusters: members.map(({ topology, provided }) => ({
      ...topology,
      ...placeOf(provided),
      ...(provided.serverForPeers === undefined ? {} : { server: provided.serverForPeers }),
      ...(provided.loadBalancerAddress === undefined
        ? {}
        : { loadBalancerAddress: provided.loadBalancerAddress }),
    })),
  };
}
