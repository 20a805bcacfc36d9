import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../command/command.ts';
import type { Member } from '../types.ts';

/** The istioctl program and what every call of it needs. */
export interface Istioctl {
  readonly program: string;
  /** A directory of the run's own, for generated files and logs. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

const contextOf = (member: Member): string[] => [
  '--kubeconfig',
  member.provided.kubeconfig,
  ...(member.provided.context === undefined ? [] : ['--context', member.provided.context]),
];

const operatorFile = ({ directory }: Istioctl, { topology }: Member, name: string): string =>
  join(directory, `${topology.name}-${name}.yaml`);

/** What `install` wrote down for a cluster when it was last called, maybe by an earlier run; empty where it was not. */
export const writtenOperator = (istioctl: Istioctl, member: Member, name: string): Promise<string> =>
  readFile(operatorFile(istioctl, member, name), 'utf8').catch(() => '');

/** `istioctl install`, which waits until what it installed is ready. `overlays` are files, merged from left to right. */
export async function install(
  istioctl: Istioctl,
  member: Member,
  what: { readonly name: string; readonly operator: string; readonly overlays: readonly string[] },
): Promise<void> {
  const file = operatorFile(istioctl, member, what.name);
  await writeFile(file, what.operator);
  const files = [file, ...what.overlays].flatMap((path) => ['-f', path]);
  await run(
    istioctl.program,
    ['install', ...contextOf(member), ...files, '-y', '--readiness-timeout', '5m0s'],
    {
      timeoutMs: 360_000,
      signal: istioctl.signal,
      logFile: join(istioctl.directory, `${member.topology.name}-${what.name}.log`),
    },
  );
}

/** Removes a revision's control plane, and nothing else. */
export async function uninstallRevision(istioctl: Istioctl, member: Member, revision: string): Promise<void> {
  await run(istioctl.program, ['uninstall', ...contextOf(member), '--revision', revision, '-y'], {
    timeoutMs: 120_000,
    signal: istioctl.signal,
  });
}

/** The Secret by which other control planes discover this cluster's endpoints, as YAML. It holds a token: never log it. */
export async function createRemoteSecret(istioctl: Istioctl, member: Member): Promise<string> {
  const { serverForPeers } = member.provided;
  const { stdout } = await run(
    istioctl.program,
    [
      ...['create-remote-secret', ...contextOf(member), '--name', member.topology.name],
      ...(serverForPeers === undefined ? [] : ['--server', serverForPeers]),
    ],
    { timeoutMs: 60_000, signal: istioctl.signal, wholeOutput: true },
  );
  return stdout;
}
