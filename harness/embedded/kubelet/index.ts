/** A cluster without its API server: controllers, the node, and what runs on it. The door of this folder. */
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import type { ClusterSpec, Kubelet, MeshHooks, Store } from '../types.ts';
import { deploymentController } from './deployments.ts';
import { keepNames } from './dns.ts';
import { NodeKubelet } from './kubelet.ts';
import { loadBalancers } from './load-balancer.ts';
import { makeNode, type NodePlace } from './nodes.ts';
import { type Controller, type Running, runControllers } from './reconciler.ts';
import { replicaSetController } from './replicasets.ts';
import { makeApiService, serviceController } from './services.ts';
import { Still } from '../still.ts';

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

/** Starts controllers and the node over a store that has no workloads yet. */
export function startCluster(parts: ClusterParts): RunningCluster {
  const { spec, store, addresses } = parts;
  const still = new Still();
  const directory = parts.directory ?? mkdtempSync(join(tmpdir(), `meshproof-${spec.name}-`));
  makeNode(store, spec, addresses);
  const balancers = loadBalancers({ store, addresses, still });
  const forgetNames = keepNames(store, directory);
  makeApiService(store, spec.serviceSubnet);
  const controllers = startControllers(parts, balancers);
  const kubelet = new NodeKubelet({ ...parts, still, directory, curl: findCurl() });
  return {
    kubelet,
    freeze: () => {
      still.freeze();
      controllers.pause();
      kubelet.freeze(true);
    },
    unfreeze: () => {
      still.unfreeze();
      controllers.resume();
      kubelet.freeze(false);
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
