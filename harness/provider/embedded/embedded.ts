import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorldMessage } from '../../embedded/world-file.ts';
import type { WorldSpec } from '../../embedded/types.ts';
import type { ClusterTopology } from '../../topology/topology.ts';
import type {
  ClusterRequest,
  Finding,
  FreezerHandle,
  ProvidedCluster,
  Provider,
  RevisionHandle,
  Rising,
} from '../types.ts';
import { answers, endWorld, readWorld } from './control.ts';
import { embeddedPreflight } from './preflight.ts';
import { startWorldProcess } from './process.ts';

/** How the world is to be. */
export interface EmbeddedOptions {
  readonly clusters: readonly ClusterTopology[];
  /** Control planes are told of the other clusters. */
  readonly discovery: boolean;
  /** Start-up, readiness and termination take this much of their usual time. */
  readonly timeScale: number;
  readonly defects: WorldSpec['defects'];
  /** The world goes on when the run is over (`--keep`); `clean` ends it. */
  readonly keep: boolean;
}

type ClusterMessage = Extract<WorldMessage, { readonly type: 'cluster' }>;

/** Clusters with a mesh in one process of this machine: a reference for the harness, no conformance target. */
export class EmbeddedProvider implements Provider {
  readonly name = 'embedded';
  readonly meshIsThere = true;
  readonly meshName = 'Meshproof embedded reference mesh';
  readonly ownsClusters = true;
  readonly caution: string;
  readonly #options: EmbeddedOptions;
  #directory: string | undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.caution = cautionOf(options);
  }

  preflight(): Promise<Finding[]> {
    return embeddedPreflight();
  }

  up(request: ClusterRequest): Rising {
    this.#directory = request.directory;
    const world = this.#raise(request);
    const clusters = new Map(
      request.clusters.map(({ name }) => [name, world.then(({ risen }) => provided(risen, name))] as const),
    );
    const joined = world.then(({ ready }) => ready);
    for (const promise of [joined, ...clusters.values()]) promise.catch(() => undefined);
    return { clusters, joined };
  }

  /** A world ends with the run's process anyway, except one that was kept. */
  async down(): Promise<string[]> {
    return this.#directory === undefined ? [] : endWorld(this.#directory);
  }

  async logs(_runId: string, directory: string): Promise<void> {
    if (this.#directory === undefined) return;
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'world.log'), await readFile(join(this.#directory, 'world.log')));
  }

  freezer({ directory }: { readonly directory: string }): FreezerHandle {
    return { kind: 'embedded', directory };
  }

  revisions({ directory }: { readonly directory: string }): RevisionHandle {
    return { kind: 'embedded', directory };
  }

  async #raise(request: ClusterRequest): Promise<Risen> {
    const { directory, clusters } = request;
    const kept = readWorld(directory);
    if (kept !== undefined && (await answers(kept))) return keptWorld(directory);
    const { discovery, timeScale, defects, keep } = this.#options;
    const spec: WorldSpec = {
      clusters: clusters.map(({ name, network, role, primary, serviceSubnet, region, zone, revision }) => ({
        name,
        network,
        serviceSubnet,
        ...(role === 'remote' ? { primary } : {}),
        ...(region === undefined ? {} : { region }),
        ...(zone === undefined ? {} : { zone }),
        ...(revision === undefined ? {} : { revision }),
      })),
      directory,
      discovery,
      timeScale,
      defects,
      ...(keep ? { outlivesParent: true } : {}),
    };
    request.say(`starting the embedded mesh with ${String(clusters.length)} clusters`);
    const process = startWorldProcess(spec, request.signal);
    const risen = await process.clusters;
    await writeFile(join(directory, RISEN), JSON.stringify(risen));
    return { risen, ready: process.ready };
  }
}

const RISEN = 'clusters.json';

interface Risen {
  readonly risen: readonly ClusterMessage[];
  readonly ready: Promise<void>;
}

async function keptWorld(directory: string): Promise<Risen> {
  const risen = JSON.parse(await readFile(join(directory, RISEN), 'utf8')) as ClusterMessage[];
  return { risen, ready: Promise.resolve() };
}

function provided(risen: readonly ClusterMessage[], name: string): ProvidedCluster {
  const found = risen.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the embedded world has no cluster ${name}`);
  const { kubeconfig, server } = found;
  return { name, kubeconfig, serverForPeers: server };
}

function cautionOf({ timeScale, defects }: EmbeddedOptions): string {
  const named = defects.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
  return [
    'Measured on the embedded reference mesh: it shows what the harness does and is no report of the conformance of any product.',
    ...(timeScale === 1
      ? []
      : [`Its pods start, get ready and end in ${String(timeScale)} of the usual time.`]),
    ...(named.length === 0 ? [] : [`It was made defective on purpose: ${named.join(', ')}.`]),
  ].join(' ');
}
