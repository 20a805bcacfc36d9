import { kubectl } from '../cluster/kubeconfig.ts';
import { counterIn } from '../mesh/istio/proxy.ts';
import type { GateRecord } from '../report/types.ts';
import { curlOnce } from '../traffic/loop.ts';
import { runLoop, startPaced, type RunningLoop } from '../traffic/run-loop.ts';
import type { Answer, ClientPod, LoopEnd } from '../traffic/types.ts';
import { passGate } from './gate.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Target } from './stage.ts';

/** One call after the other, until all are sent or it is stopped. */
export interface LoopOrder {
  readonly requests: number;
  readonly onAnswer: (answer: Answer, stop: () => void) => void;
  readonly signal: AbortSignal;
}

/** A call begins each 1/`perSecond` seconds, whatever becomes of the others. */
export interface PaceOrder {
  readonly perSecond: number;
  /** Longest time of one call, in milliseconds. */
  readonly timeoutMs: number;
  readonly onAnswer: (answer: Answer) => void;
  readonly signal: AbortSignal;
}

/** A place that calls come from, and what they ask for. */
export interface Source {
  readonly name: string;
  /** For a report: from where to where, and a command that asks once. */
  readonly where: () => Promise<{ where: string; again: string }>;
  /** Waits until proxies on the way know what they have to; undefined where they cannot be asked. */
  readonly gate: () => Promise<GateRecord | undefined>;
  /** Calls that the first proxy has tried again so far; undefined where it cannot be asked. */
  readonly retries: () => Promise<number | undefined>;
  readonly loop: (order: LoopOrder) => Promise<LoopEnd>;
  readonly pace: (order: PaceOrder) => Promise<RunningLoop>;
}

/** Calls from an application's pod. */
export class PodSource implements Source {
  readonly name: string;
  readonly #scene: Scene;
  readonly #cluster: ScenarioCluster;
  readonly #app: string;
  readonly #target: Target;

  constructor(
    scene: Scene,
    cluster: ScenarioCluster,
    way: { readonly app: string; readonly target: Target },
  ) {
    this.name = cluster.name;
    this.#scene = scene;
    this.#cluster = cluster;
    this.#app = way.app;
    this.#target = way.target;
  }

  async where(): Promise<{ where: string; again: string }> {
    const { namespace, pod } = await this.#caller();
    const { url } = this.#target;
    const cluster = this.#cluster;
    return {
      where: `from ${cluster.name} ${namespace}/${pod} to ${url}`,
      again: `${kubectl(cluster.member.client)} -n ${namespace} exec deploy/${this.#app} -c ${this.#app} -- ${curlOnce(this.#target)}`,
    };
  }

  async gate(): Promise<GateRecord | undefined> {
    const scene = this.#scene;
    const url = new URL(this.#target.url);
    if (!scene.context.mesh.features.includes('proxy-admin')) return undefined;
    const { namespace, pod } = await this.#caller();
    const [name = '', inNamespace = namespace] = url.hostname.split('.');
    return passGate({
      caller: this.#cluster.member,
      proxy: { namespace, pod },
      members: scene.members,
      mesh: scene.context.mesh,
      service: { name, namespace: inNamespace, port: Number(url.port === '' ? 80 : url.port) },
      signal: scene.signal,
    });
  }

  /**
   * Retries hide errors from the caller, so errors seen are a lower bound; Istio shows callers no attempt count of its
   * own accord.
   */
  async retries(): Promise<number | undefined> {
    if (!this.#scene.context.mesh.features.includes('proxy-admin')) return undefined;
    const { namespace, pod } = await this.#caller();
    const [name = ''] = new URL(this.#target.url).hostname.split('.');
    const counter = { name: `${name}.${namespace}`, suffix: 'upstream_rq_retry' };
    return counterIn(this.#cluster.member.client, { namespace, pod }, counter).catch(() => undefined);
  }

  async loop({ requests, onAnswer, signal }: LoopOrder): Promise<LoopEnd> {
    return runLoop({
      exec: this.#cluster.exec,
      pod: await this.#caller(),
      loop: { ...this.#target, mode: 'fast', requests },
      onAnswer,
      signal,
    });
  }

  async pace({ perSecond, timeoutMs, onAnswer, signal }: PaceOrder): Promise<RunningLoop> {
    return startPaced({
      exec: this.#cluster.exec,
      pod: await this.#caller(),
      loop: { ...this.#target, mode: 'paced', perSecond, timeoutMs },
      onAnswer,
      signal,
    });
  }

  /** The pod that calls; found anew each time, because scenarios restart pods. */
  async #caller(): Promise<ClientPod> {
    const pod = await this.#cluster.readyPod(this.#app);
    const { namespace } = this.#scene;
    return { namespace, pod, container: this.#app, client: `${this.#cluster.name}/${pod}` };
  }
}
