/** Where a world is spoken to by those who made it: over HTTP, with a secret. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { WorldFile } from './world-file.ts';

/** What can be asked of a world. All but `end` throw for a cluster that there is not. */
export interface Deeds {
  /** Stops a cluster's node, or its API server alone: nothing is closed, nothing answers. */
  freeze(cluster: string, part: 'node' | 'api-server'): void;
  thaw(cluster: string, part: 'node' | 'api-server'): void;
  /** A control plane of another revision beside the first. Throws for one that is there. */
  install(cluster: string, revision: string): void;
  /** What is not there is gone already. */
  uninstall(cluster: string, revision: string): void;
  end(): void;
}

/** Opens the door and writes `world.json`. */
export async function openDoor(directory: string, deeds: Deeds): Promise<{ close: () => void }> {
  const token = randomBytes(24).toString('hex');
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://world');
    const say = (code: number, text: string): void => {
      response.writeHead(code, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
    };
    if (request.headers.authorization !== `Bearer ${token}` || request.method !== 'POST') {
      say(401, 'unauthorized');
      return;
    }
    try {
      say(200, answer(url, deeds));
    } catch (error) {
      say(400, error instanceof Error ? error.message : String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const file: WorldFile = { pid: process.pid, url: `http://127.0.0.1:${String(port)}`, token };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, 'world.json'), JSON.stringify(file), { mode: 0o600 });
  return { close: () => server.close() };
}

function answer({ pathname, searchParams }: URL, deeds: Deeds): string {
  const cluster = searchParams.get('cluster') ?? '';
  const part = searchParams.get('part');
  const revision = searchParams.get('revision');
  if (pathname === '/') return 'here';
  if (pathname === '/end') {
    setImmediate(() => {
      deeds.end();
    });
    return 'ending';
  }
  if (revision !== null && pathname === '/install') deeds.install(cluster, revision);
  else if (revision !== null && pathname === '/uninstall') deeds.uninstall(cluster, revision);
  else if (part !== 'node' && part !== 'api-server') throw new Error('expected part=node or part=api-server');
  else if (pathname === '/freeze') deeds.freeze(cluster, part);
  else if (pathname === '/thaw') deeds.thaw(cluster, part);
  else throw new Error(`expected /freeze, /thaw or /end, not ${pathname}`);
  return 'done';
}
