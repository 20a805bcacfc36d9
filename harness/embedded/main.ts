/** The process of a world: `main.ts SPEC-FILE`. It ends when its parent is gone, or when it is told to. */
import { readFileSync } from 'node:fs';
import { openDoor } from './door.ts';
import { startWorld, type World } from './world.ts';
import type { WorldSpec } from './types.ts';
import type { WorldMessage } from './world-file.ts';

const CLOSE_MS = 1_500;

const tell = (message: WorldMessage): void => {
  if (process.connected) process.send?.(message);
};

let world: World | undefined;
let ending = false;

/** In order if that is possible; then with everything that was started, which is in this process's group. */
function end(): void {
  if (ending) return;
  ending = true;
  const vanish = (): void => {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      process.exit(0);
    }
  };
  setTimeout(vanish, CLOSE_MS);
  void (world?.close() ?? Promise.resolve()).catch(() => undefined).then(vanish);
}

async function main(): Promise<void> {
  const spec = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as WorldSpec;
  if (spec.outlivesParent !== true) {
    process.on('disconnect', end);
    if (!process.connected) end(); // the parent was gone before anybody listened
  }
  await openDoor(spec.directory, {
    end,
    freeze: (cluster, part) => world?.freeze(cluster, part),
    thaw: (cluster, part) => world?.thaw(cluster, part),
    install: (cluster, revision) => world?.install(cluster, revision),
    uninstall: (cluster, revision) => world?.uninstall(cluster, revision),
  });
  world = await startWorld(spec, tell);
  tell({ type: 'ready' });
}

process.on('SIGTERM', end);
process.on('SIGINT', () => undefined); // a terminal's Ctrl-C is for the run, which puts things back first
main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  tell({ type: 'failed', message });
  end();
});
