import { PROXY } from '../mesh/istio/injected.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlPlanePods, watchedClusters } from '../mesh/istio/control-plane.ts';
import { SYSTEM_NAMESPACE } from '../mesh/istio/settings.ts';
import { askProxy, certificatesIn } from '../mesh/istio/proxy.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { Member } from '../mesh/types.ts';
import { redact } from '../report/redact.ts';
import type { Diagnostics } from '../report/types.ts';
import { bounded } from '../wait/wait.ts';
import { evidenceFrom } from './evidence.ts';
import { hintsFrom, type ClusterEvidence } from './hints.ts';

const DEADLINE_MS = 20_000;

/** Where what is collected goes, and what to expect. */
interface Out {
  readonly directory: string;
  readonly path: string;
  /** Control planes are told of the other clusters. @default true */
  readonly discovery?: boolean;
  /** Whoever interrupts a run waits for what is put back, and for nothing else. */
  readonly signal?: AbortSignal | undefined;
}

/** Where calls went, and a command that shows it again. */
interface Place {
  readonly where?: string;
  readonly again?: string;
}

/** The same alone, without what else the object holds. */
export const wayOf = ({ where, again }: Place): Place => ({
  ...(where === undefined ? {} : { where }),
  ...(again === undefined ? {} : { again }),
});

interface Collected {
  /** Paths below the run's folder. */
  readonly files: readonly string[];
  readonly evidence: ClusterEvidence;
}

/** Collects, once per scenario, what a person would look at first when a check is not conformant. */
export class Diagnoser {
  readonly #members: readonly Member[];
  readonly #namespace: string;
  readonly #out: Out;
  #collected: Promise<Collected[]> | undefined;

  constructor(members: readonly Member[], namespace: string, out: Out) {
    this.#members = members;
    this.#namespace = namespace;
    this.#out = out;
  }

  /** Nothing, once the run is interrupted. */
  async collect(place: Place): Promise<Diagnostics> {
    if (!this.#isOver) this.#collected ??= this.#collectAll();
    const collected = (await this.#collected) ?? [];
    return {
      files: collected.flatMap(({ files }) => files),
      hints: hintsFrom(collected.map(({ evidence }) => evidence)),
      ...wayOf(place),
    };
  }

  get #isOver(): boolean {
    return this.#out.signal?.aborted === true;
  }

  async #collectAll(): Promise<Collected[]> {
    return Promise.all(
      this.#members.map(async (member) => {
        const [files, evidence] = await Promise.all([
          this.#collectFrom(member),
          evidenceFrom(member, this.#namespace, this.#out.signal),
        ]);
        // Where none is meant to know the others, that it does not is no hint.
        const { discovery = true } = this.#out;
        return { files, evidence: discovery ? evidence : { ...evidence, watched: undefined } };
      }),
    );
  }

  async #collectFrom(member: Member): Promise<string[]> {
    const files: string[] = [];
    const within = <T>(look: () => Promise<T>): Promise<T> =>
      bounded({ timeoutMs: DEADLINE_MS, signal: this.#out.signal, onTimeout: late }, look);
    const keep = async (name: string, look: () => Promise<unknown>): Promise<void> => {
      const found = await within(look).catch((error: unknown) => `could not be read: ${String(error)}`);
      if (this.#isOver) return;
      const text = typeof found === 'string' ? found : JSON.stringify(found, null, 2);
      const path = join('diagnostics', this.#out.path, member.topology.name, name);
      try {
        mkdirSync(join(this.#out.directory, path, '..'), { recursive: true });
        writeFileSync(join(this.#out.directory, path), redact(text));
        files.push(path);
      } catch {
        // A full disk must not keep a verdict from being written down: the event log says what is wrong.
      }
    };
    const { client } = member;
    const pods = await within(() =>
      client.list({ apiVersion: 'v1', kind: 'Pod', namespace: this.#namespace }),
    ).catch((): KubernetesObject[] => []);
    await keep('events.json', () => client.events(this.#namespace));
    await keep('pods.json', () => Promise.resolve(pods));
    await keep('remote-clusters.json', () => watchedClusters(client));
    await keep('istiod.log', () => controlPlaneLog(member));
    const callers = pods.filter(({ metadata }) => /^(sleep|prober)-/.test(metadata.name)).slice(0, 2);
    for (const { metadata } of callers) {
      const proxy = { namespace: this.#namespace, pod: metadata.name };
      await keep(`${metadata.name}-endpoints.json`, () => askProxy(client, proxy, 'clusters?format=json'));
      await keep(`${metadata.name}-certificates.json`, () => certificatesIn(client, proxy));
      await keep(`${metadata.name}-proxy.log`, () =>
        client.logs({ ...proxy, container: PROXY, tailLines: 200 }),
      );
    }
    return files;
  }
}

async function controlPlaneLog({ client }: Member): Promise<string> {
  const [pod] = await controlPlanePods(client);
  if (pod === undefined) return 'no ready istiod pod';
  return client.logs({ namespace: SYSTEM_NAMESPACE, pod, container: 'discovery', tailLines: 400 });
}

const late = (): Error => new Error('no answer in time');
