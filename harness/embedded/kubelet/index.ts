/** A cluster without its API server: controllers, the node, and what runs on it. The door of this folder. */
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import type { Change, ClusterSpec, Kubelet, MeshHooks, Store } from '../types.ts';
import { deploymentController } from './deployments.ts';
import { keepNames } from './dns.ts';
import { NodeKubelet } from './kubelet.ts';
import { loadBalancers } from './load-balancer.ts';
import { makeNode, type NodePlace } from './nodes.ts';
import { type Controller, type Running, refOf, runControllers } from './reconciler.ts';
import { replicaSetController } from './replicasets.ts';
import { makeApiService, serviceController } from './services.ts';
import { Still } from './still.ts';

/** What a cluster is made of. */
export interface ClusterParts {
  readonly spec: ClusterSpec;
  readonly store: Store;
  readonly mesh: MeshHooks;
  /** Addresses in 127.0.0.0/8, each given once. */
  readonly addresses: { nextAddress(): string } & NodePlace;
  /** Start-up, readiness and termination take this much of their usual time. 1 is usual. */
  readonly timeScale: number;
  /** What addresses begin with that packets of its pods do not get to. */
  readonly lost: readonly string[];
  /** Where pods have their directories; removed at the end. @default a temporary one */
  readonly directory?: string;
}

/** A cluster that runs. */
export interface RunningCluster {
  readonly kubelet: Kubelet;
  /** Its node stands still, with all that runs on it: connections are accepted and nothing is answered. */
  freeze(): void;
  unfreeze(): void;
  /** Ends all pods and processes. */
  close(): Promise<void>;
}

/** A pod that was refused is asked for again after this, in milliseconds: what the controllers' back-off comes to. */
const RETRY_MS = 250;

const STAND_IN = fileURLToPath(new URL('../programs/curl.cjs', import.meta.url));

/** Starts controllers and the node; what is in the store already is taken up. */
export function startCluster(parts: ClusterParts): RunningCluster {
  const { spec, store, mesh, addresses, timeScale, lost } = parts;
  const still = new Still();
  const directory = parts.directory ?? mkdtempSync(join(tmpdir(), `meshproof-${spec.name}-`));
  makeNode(store, spec, addresses);
  makeApiService(store, spec.serviceSubnet);
  const balancers = loadBalancers({ store, addresses, still });
  const forgetNames = keepNames(store, directory);
  const controllers = startControllers(parts, balancers);
  const kubelet = new NodeKubelet({
    spec,
    store,
    mesh,
    addresses,
    timeScale,
    lost,
    still,
    directory,
    curl: findCurl(),
  });
  return {
    kubelet,
    freeze: () => {
      still.freeze();
      controllers.pause();
      kubelet.freeze();
    },
    unfreeze: () => {
      still.unfreeze();
      controllers.resume();
      kubelet.unfreeze();
    },
    close: async () => {
      controllers.stop();
      forgetNames();
      still.unfreeze();
      await kubelet.close();
      await balancers.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function startControllers({ spec, store, mesh, timeScale }: ClusterParts, balancers: Controller): Running {
  const replicaSets: Controller = replicaSetController({
    store,
    mesh,
    retryMs: RETRY_MS * timeScale,
    again: (ref, afterMs) => running.again(replicaSets, ref, afterMs),
  });
  const controllers = [
    deploymentController(store),
    replicaSets,
    serviceController(store, spec.serviceSubnet),
    balancers,
  ];
  const running = runControllers(store, controllers);
  const there = ['Deployment', 'ReplicaSet', 'Service'].flatMap((kind) => store.list(kind));
  for (const object of there) {
    const change: Change = { type: 'ADDED', object };
    for (const controller of controllers)
      if (controller.concerns(change).length > 0) running.again(controller, refOf(object), 0);
  }
  return running;
}

/** The machine's curl, found once, because the pods' own PATH begins with what leads to it; else the stand-in. */
function findCurl(): readonly string[] {
  const files = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'curl'));
  const found = files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return found === undefined ? [process.execPath, STAND_IN] : [found];
}
