import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorldMessage } from '../../embedded/world-file.ts';
import type { WorldSpec } from '../../embedded/types.ts';

type ClusterMessage = Extract<WorldMessage, { readonly type: 'cluster' }>;

/** A world on its way up. */
export interface RisingWorld {
  /** All clusters, once every API server answers. */
  readonly clusters: Promise<readonly ClusterMessage[]>;
  /** Resolves when the mesh is complete. */
  readonly ready: Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../embedded/main.ts', import.meta.url));
const SOURCES = new URL('../../../scripts/sources.js', import.meta.url).href;
const READY_MS = 120_000;

/**
 * Starts the process of a world. The channel between the two is its life line: when this process is gone, however it
 * went, the world ends. It has a process group of its own, so that a terminal's Ctrl-C reaches us alone.
 *
 * The signal ends a world that is not complete yet. A complete one has callers in it, whose calls would be lost and
 * counted: it stays until it is torn down.
 */
export function startWorldProcess(spec: WorldSpec, signal: AbortSignal): RisingWorld {
  const specFile = join(spec.directory, 'world-spec.json');
  const logFile = join(spec.directory, 'world.log');
  writeFileSync(specFile, JSON.stringify(spec), { mode: 0o600 });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, ['--max-semi-space-size=8', '--import', SOURCES, MAIN, specFile], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const onAbort = (): void => {
    if (child.connected) child.disconnect();
  };
  const release = (): void => {
    signal.removeEventListener('abort', onAbort);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  child.once('exit', release);
  const world = listen(child, spec, logFile);
  world.ready.then(release, release);
  return world;
}

function listen(child: ChildProcess, spec: WorldSpec, logFile: string): RisingWorld {
  const risen: ClusterMessage[] = [];
  const clusters = deferred<readonly ClusterMessage[]>();
  const ready = deferred<undefined>();
  const fail = (why: string): void => {
    const error = new Error(`the embedded mesh did not start: ${why}`);
    clusters.reject(error);
    ready.reject(error);
  };
  const timer = setTimeout(() => {
    fail(`not ready within ${String(READY_MS / 1000)} s\n${lastWords(logFile)}`);
    child.kill();
  }, READY_MS);
  child.on('message', (message: WorldMessage) => {
    if (message.type === 'failed') fail(message.message);
    if (message.type === 'cluster') {
      risen.push(message);
      if (risen.length === spec.clusters.length) clusters.resolve(risen);
    }
    if (message.type !== 'ready') return;
    clearTimeout(timer);
    ready.resolve(undefined);
    // From here on the world is no reason for this process to stay.
    child.unref();
    child.channel?.unref();
  });
  child.on('error', (error) => {
    fail(error.message);
  });
  child.on('exit', (code, signalName) => {
    clearTimeout(timer);
    fail(`its process ended (${signalName ?? String(code)})\n${lastWords(logFile)}`);
  });
  return { clusters: clusters.promise, ready: ready.promise };
}

/** Never an unhandled rejection: who waits for it is told. */
function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

const LAST_LINES = 10;

function lastWords(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trim().split('\n').slice(-LAST_LINES).join('\n');
  } catch {
    return '';
  }
}
