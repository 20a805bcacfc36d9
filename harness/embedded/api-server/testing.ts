/** What the tests of this folder share: a server with a kubelet whose containers are processes of this machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream';
import type { Kubelet, Resource, Store } from '../types.ts';
import { notFound } from './errors.ts';
import { type ApiServer, createStore, startApiServer } from './server.ts';

/** The administrator's. */
export const TOKEN = 'administrators-token';

/** A real one, small: every container is a shell. */
const kubelet: Kubelet = {
  exec: ({ command, stdin, stdout, stderr, signal, container }) => {
    if (container === 'gone') throw notFound('no such container');
    const [program = '', ...args] = command;
    const child = spawn(program, args, { signal, stdio: 'pipe' });
    child.stdout.on('data', stdout);
    child.stderr.on('data', stderr);
    pipeline(stdin ?? [], child.stdin, () => undefined);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 137));
    });
  },
  logs: ({ pod, container }) => `first\nsecond ${pod}\nthird ${container}\n`,
};

/** A server that a test asks. */
export interface Bench {
  readonly store: Store;
  readonly server: ApiServer;
  /** Writes a kubeconfig, and gives its file. @default the administrator's */
  kubeconfig(text?: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts one, with a namespace `sample`. */
export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'embedded-api-'));
  const store = createStore();
  const server = await startApiServer({ store, kubelet, token: TOKEN, name: 'cluster1' });
  store.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'sample' },
    status: { phase: 'Active' },
  });
  let files = 0;
  return {
    store,
    server,
    kubeconfig: async (text = server.kubeconfig) => {
      const file = path.join(folder, `kubeconfig-${String(++files)}`);
      await writeFile(file, text);
      return file;
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What working was refused with. Throws if it was not. */
export async function refusal<T extends Error>(
  working: Promise<unknown>,
  type: new (...args: never[]) => T,
): Promise<T> {
  const error: unknown = await working.then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  if (error instanceof type) return error;
  throw new Error(`a refusal by the API expected, got ${String(error)}`);
}

/** A name in the namespace that is there. */
export const inSample = (name: string): { name: string; namespace: string } => ({
  name,
  namespace: 'sample',
});

/** A ConfigMap. */
export const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: inSample(name),
  data,
});

/** A Deployment of one container with one variable, `A`. */
export const deployment = (name: string, image = 'one') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...inSample(name), labels: { app: name } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image, env: [{ name: 'A', value: '1' }] }] },
    },
  },
});

/** A pod that a kubelet runs, with a container `app` and one that the kubelet does not know. */
export const pod = (name: string, labels: Record<string, string> = {}): Resource => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...inSample(name), labels },
  spec: { nodeName: 'node1', containers: [{ name: 'app' }, { name: 'gone' }] },
});
