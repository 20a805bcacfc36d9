import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorldFile } from '../../embedded/world-file.ts';
import { isAlive } from '../../state/state.ts';
import { poll, WaitTimeout } from '../../wait/wait.ts';
import type { Freezable, Frozen } from '../types.ts';

const ASK_MS = 5_000;
const END_MS = 10_000;

/** Where the world in a directory can be spoken to; undefined if none was ever there. */
export function readWorld(directory: string): WorldFile | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'world.json'), 'utf8')) as WorldFile;
  } catch {
    return undefined;
  }
}

function worldIn(directory: string): WorldFile {
  const world = readWorld(directory);
  if (world === undefined) throw new Error(`there is no embedded world in ${directory}`);
  return world;
}

async function ask(world: WorldFile, path: string): Promise<string> {
  const response = await fetch(new URL(path, world.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${world.token}` },
    signal: AbortSignal.timeout(ASK_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the embedded world refused ${path}: ${text}`);
  return text;
}

/** Does the world of a directory answer, and as itself? */
export async function answers(world: WorldFile): Promise<boolean> {
  try {
    return (await ask(world, '/')) === 'here\n';
  } catch {
    return false;
  }
}

/** Stops a node, or its API server alone: nothing is closed, nothing answers. */
export async function freezeInWorld(
  directory: string,
  { cluster, part }: { readonly cluster: string; readonly part: Freezable },
): Promise<Frozen> {
  const world = worldIn(directory);
  const where = `cluster=${encodeURIComponent(cluster)}&part=${part}`;
  await ask(world, `/freeze?${where}`);
  return {
    thaw: async () => {
      await ask(world, `/thaw?${where}`);
    },
  };
}

/** Installs a control plane of another revision, or removes it. Does not wait until it is ready, or gone. */
export async function changeRevisions(
  directory: string,
  what: {
    readonly action: 'install' | 'uninstall';
    readonly cluster: string;
    readonly revision: string;
  },
): Promise<void> {
  const { action, cluster, revision } = what;
  const where = `cluster=${encodeURIComponent(cluster)}&revision=${encodeURIComponent(revision)}`;
  await ask(worldIn(directory), `/${action}?${where}`);
}

/**
 * Ends the world of a directory, and all processes that it started. Resolves to what is left of it. The world is asked
 * by its own secret first: its process id may belong to somebody else by now.
 */
export async function endWorld(directory: string): Promise<string[]> {
  const world = readWorld(directory);
  if (world === undefined || !isAlive(world.pid) || !(await answers(world))) return [];
  await ask(world, '/end').catch(() => undefined); // it may end before it has answered
  try {
    const what = `the embedded world ${String(world.pid)} to end`;
    await poll({ what, timeoutMs: END_MS, intervalMs: 50 }, () =>
      Promise.resolve(isAlive(world.pid) ? undefined : true),
    );
    return [];
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    return kill(world);
  }
}

/** It did answer with its secret, so the process is the world. */
function kill({ pid }: WorldFile): string[] {
  try {
    process.kill(-pid, 'SIGKILL');
    return [];
  } catch {
    return [`the embedded world, process ${String(pid)}; end it: kill -9 ${String(pid)}`];
  }
}
