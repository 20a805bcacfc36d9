import { sleep } from '../wait/wait.ts';
import { tracesOf } from './leftovers.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/**
 * How long an API server may take until it admits pods by a namespace's new labels: it looks them up in a copy of its own that
 * nobody can ask for. On a busy machine a pod that was made right after a label had been taken away was still given a proxy.
 */
const ADMISSION_MS = 3000;

/** The namespace that a scenario has to itself, in one cluster. */
export class OwnNamespace {
  readonly #scene: Scene;
  readonly #cluster: ScenarioCluster;

  constructor(scene: Scene, cluster: ScenarioCluster) {
    this.#scene = scene;
    this.#cluster = cluster;
  }

  /** Sets labels, null takes one away; then waits until pods are admitted by them. */
  async label(labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.#cluster.member.client.patch(this.#ref(), { metadata: { labels } }, { type: 'merge' });
    await sleep(ADMISSION_MS, this.#scene.signal);
  }

  /** Deletes it with all that is in it, and waits until it is gone. @throws WaitTimeout */
  async delete(): Promise<void> {
    const { signal, context } = this.#scene;
    await this.#cluster.member.client.deleteAndWait(this.#ref(), { timeoutMs: context.timeoutMs, signal });
  }

  /** The cluster has objects in it, and its control plane and its gateway know of services in it. */
  async isKnown(): Promise<Finding> {
    const { ofEachKind, seen, figures } = await tracesOf(this.#scene, this.#cluster);
    return { holds: ofEachKind, seen, ...(figures === undefined ? {} : { figures }) };
  }

  /** The cluster has no object of it, and neither its control plane nor its gateway knows of anything in it. */
  async isForgotten(): Promise<Finding> {
    const { nothing, seen, figures } = await tracesOf(this.#scene, this.#cluster);
    return { holds: nothing, seen, ...(figures === undefined ? {} : { figures }) };
  }

  #ref(): { apiVersion: string; kind: string; name: string } {
    return { apiVersion: 'v1', kind: 'Namespace', name: this.#scene.namespace };
  }
}
