import { which } from '../../command/which.ts';
import type { Finding } from '../types.ts';
import { about } from './findings.ts';
import { probe, probeOutput } from './probe.ts';
import { atLeast, readVersion, type Version } from './version.ts';

/** What the Docker engine says of itself. */
export interface Engine {
  readonly version: string;
  /** Where it keeps images and containers. */
  readonly rootDirectory: string;
  readonly cgroupVersion: 1 | 2 | undefined;
  /** Memory of the machine (or virtual machine) that containers run on, in bytes. */
  readonly memoryBytes: number | undefined;
  /** Do containers run on this very machine, so that its /proc, routes and disk are theirs? */
  readonly local: boolean;
}

/** The oldest engine that kind supports and that names its cgroup version. */
const MINIMUM: Version = [20, 10, 0];
const INSTALL =
  'install Docker: https://docs.docker.com/engine/install/ , or give clusters: --cluster NAME=KUBECONFIG';
const say = about('docker');

interface Info {
  readonly ServerVersion?: string;
  readonly DockerRootDir?: string;
  readonly CgroupVersion?: string;
  readonly MemTotal?: number;
  readonly OperatingSystem?: string;
  readonly host?: unknown;
}

/** Does Docker answer, and with what? Without an engine there are findings that say why. */
export async function checkDocker(
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly engine: Engine | undefined; readonly findings: Finding[] }> {
  const answer = await probe('docker', ['info', '--format', '{{json .}}']);
  const failed = async (
    message: string,
    remedy: string,
  ): Promise<{ engine: undefined; findings: Finding[] }> => ({
    engine: undefined,
    findings: [say.error(message, remedy), ...(await otherRuntimes())],
  });
  if (answer.kind === 'missing') return failed('kind needs Docker; there is no docker in PATH', INSTALL);
  if (answer.kind === 'failed') {
    return failed(`Docker does not answer (${answer.message})`, 'restart it: sudo systemctl restart docker');
  }
  const info = readInfo(answer.stdout);
  if (info?.host !== undefined) return failed('docker is podman here; only Docker itself is tested', INSTALL);
  const version = info?.ServerVersion ?? '';
  if (version === '') return failed(...whyNot(answer.stderr, env));
  return { engine: engineOf({ ...info, ServerVersion: version }, env), findings: oldEngine(version) };
}

function readInfo(stdout: string): Info | undefined {
  try {
    const value: unknown = JSON.parse(stdout);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function whyNot(stderr: string, env: NodeJS.ProcessEnv): [message: string, remedy: string] {
  const said = stderr.trim().split('\n').at(-1) ?? '';
  if (/permission denied/i.test(stderr)) {
    return [
      'Docker refuses this user (permission denied)',
      'sudo usermod -aG docker "$USER" && newgrp docker',
    ];
  }
  const host = env['DOCKER_HOST'];
  const where = host === undefined || host === '' ? '' : ` at DOCKER_HOST=${host}`;
  const start =
    process.platform === 'linux' ? 'start it: sudo systemctl start docker' : 'start Docker Desktop';
  return [`Docker is not running${where}${said === '' ? '' : `: ${said}`}`, `${start}, then: docker info`];
}

function engineOf(info: Info & { readonly ServerVersion: string }, env: NodeJS.ProcessEnv): Engine {
  const host = env['DOCKER_HOST'] ?? '';
  const ours = host === '' || host.startsWith('unix://');
  return {
    version: info.ServerVersion,
    rootDirectory: info.DockerRootDir ?? '',
    cgroupVersion: info.CgroupVersion === '1' ? 1 : info.CgroupVersion === '2' ? 2 : undefined,
    memoryBytes: info.MemTotal,
    local: ours && process.platform === 'linux' && !/desktop/i.test(info.OperatingSystem ?? ''),
  };
}

function oldEngine(text: string): Finding[] {
  const version = readVersion(text);
  if (version === undefined || atLeast(version, MINIMUM)) return [];
  return [say.error(`Docker 20.10 or later is needed, the engine is ${text}`, INSTALL)];
}

async function otherRuntimes(): Promise<Finding[]> {
  const found = await Promise.all(
    ['podman', 'nerdctl'].map(async (program) => ((await which(program)) === undefined ? [] : [program])),
  );
  return found
    .flat()
    .map((program) =>
      say.info(
        `${program} is here; kind can use it, but Meshproof with ${program} is untested and not offered`,
      ),
    );
}

/** Is the image in the local Docker? */
export async function isImageLocal(image: string): Promise<boolean> {
  return (await probeOutput('docker', ['image', 'inspect', '--format', '{{.Id}}', image])) !== undefined;
}
