/** A cluster for tests of this folder, with the smallest mesh there can be. */
import { randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { collectGarbage } from '../api-server/deletion.ts';
import { createStore } from '../api-server/store.ts';
import type { MeshHooks, Resource, Store } from '../types.ts';
import { type RunningCluster, startCluster } from './index.ts';
import { isReady } from './views.ts';

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** No mesh: nothing is injected. */
export const noMesh: MeshHooks = {
  inject: (pod) => pod,
  startProxy: () => Promise.reject(new Error('there is no mesh here')),
  controlPlane: () => {
    throw new Error('there is no mesh here');
  },
};

/** A cluster that ends with `close`. */
export class TestCluster {
  readonly store: Store;
  readonly running: RunningCluster;
  readonly #stopCollecting: () => void;

  constructor(mesh: MeshHooks = noMesh, timeScale = 0.05) {
    this.store = createStore();
    this.#stopCollecting = collectGarbage(this.store);
    for (const name of ['default', 'sample'])
      this.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const block = randomInt(100, 250);
    let last = 0;
    const addresses = {
      nextAddress: (): string =>
        `127.${String(block)}.${String(((last += 1) >> 8) & 255)}.${String(last & 255)}`,
    };
    const spec = { name: 'cluster1', network: 'network1', region: 'r1', zone: 'r1-a' };
    this.running = startCluster({ spec, store: this.store, mesh, addresses, timeScale, lost: [] });
  }

  async close(): Promise<void> {
    await this.running.close();
    this.#stopCollecting();
  }

  /** A Deployment in the namespace `sample` with one container `app`. */
  deploy(
    name: string,
    image: string,
    more: { container?: object; pod?: object; annotations?: object } = {},
  ): Resource {
    const container = { name: 'app', image, ...more.container };
    return this.store.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'sample' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name }, annotations: more.annotations },
          spec: { containers: [container], ...more.pod },
        },
      },
    });
  }

  serve(name: string, port: number, more: object = {}): void {
    const metadata = { name, namespace: 'sample' };
    const spec = { selector: { app: name }, ports: [{ name: 'http', port, targetPort: port }], ...more };
    this.store.create({ apiVersion: 'v1', kind: 'Service', metadata, spec });
  }

  scale(name: string, replicas: number): void {
    this.store.update({ kind: 'Deployment', namespace: 'sample', name }, (copy) => ({
      ...copy,
      spec: { ...(copy['spec'] as object), replicas },
    }));
  }

  pods(app: string): Resource[] {
    return this.store.list('Pod', { namespace: 'sample', labels: { app } });
  }

  /** The only pod of an app, once it is ready. */
  readyPod(app: string): Promise<Resource> {
    return this.eventually(() => this.pods(app).find(isReady));
  }

  /** What `look` finds, as soon as it finds something. */
  async eventually<T>(look: () => T | undefined): Promise<T> {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`never: ${look.toString()}`);
      await after(10);
    }
  }

  async exec(
    pod: Resource,
    command: string[],
    more: { container?: string; stdin?: string | ((told: () => string) => AsyncIterable<Uint8Array>) } = {},
  ): Promise<Ran> {
    const told = { stdout: '', stderr: '' };
    const { stdin } = more;
    const code = await this.running.kubelet.exec({
      namespace: 'sample',
      pod: pod.metadata.name,
      container: more.container ?? 'app',
      command,
      stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin?.(() => told.stdout),
      stdout: (chunk) => (told.stdout += Buffer.from(chunk).toString()),
      stderr: (chunk) => (told.stderr += Buffer.from(chunk).toString()),
      signal: new AbortController().signal,
    });
    return { code, ...told };
  }
}
