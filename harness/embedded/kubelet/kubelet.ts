/** All pods of a node. */
import { badRequest, notFound } from '../api-server/errors.ts';
import { refOf } from '../api-server/store.ts';
import type { Change, ExecRequest, Kubelet, Resource } from '../types.ts';
import { execIn, type Found } from './exec.ts';
import { PodRun } from './pod-run.ts';
import type { PodWorld } from './pod-world.ts';
import { isTerminating } from './views.ts';

type Where = Parameters<Kubelet['logs']>[0];

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** The kubelet of a cluster's one node. */
export class NodeKubelet implements Kubelet {
  readonly #world: PodWorld;
  readonly #pods = new Map<string, PodRun>();
  readonly #ending = new Set<Promise<void>>();
  readonly #unwatch: () => void;
  #closed = false;

  constructor(world: PodWorld) {
    this.#world = world;
    this.#unwatch = world.store.watch((change) => this.#follow(change));
  }

  async exec(request: ExecRequest): Promise<number> {
    return execIn(this.#find(request), this.#world.mesh, request);
  }

  logs(where: Where): string {
    const container = this.#find(where).run.container(where.container);
    if (container !== undefined) return container.log.text;
    throw badRequest(`container ${where.container} is not valid for pod ${where.pod}`);
  }

  /** Its pods stand still, or run again. */
  freeze(frozen: boolean): void {
    this.#world.mesh.freeze?.(frozen);
    for (const run of this.#pods.values()) run.freeze(frozen);
    if (frozen) return;
    // What was asked for meanwhile.
    for (const pod of this.#world.store.list('Pod')) this.#follow({ type: 'MODIFIED', object: pod });
  }

  /** Ends all pods at once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    await Promise.all([...this.#pods.values()].map((run) => run.kill()));
    await Promise.all(this.#ending);
  }

  #follow({ type, object }: Change): void {
    if (object.kind !== 'Pod' || this.#closed) return;
    const { namespace = '', name, uid } = object.metadata;
    const run = this.#pods.get(keyOf(namespace, name));
    if (type === 'DELETED') {
      if (run === undefined || run.uid !== uid) return;
      this.#pods.delete(keyOf(namespace, name));
      this.#await(run.kill());
    } else if (run === undefined || run.uid !== uid) this.#take(object);
    else if (isTerminating(object) && !this.#world.still.frozen)
      this.#await(run.terminate(object.metadata.deletionGracePeriodSeconds ?? 0));
  }

  #take(pod: Resource): void {
    if (isTerminating(pod) || this.#world.still.frozen) return;
    const { namespace = '', name } = pod.metadata;
    const current = this.#world.store.get(refOf(pod));
    if (current?.metadata.uid !== pod.metadata.uid) return;
    const run = new PodRun(this.#world, pod);
    this.#pods.set(keyOf(namespace, name), run);
    this.#await(run.start());
  }

  #await(work: Promise<void>): void {
    const settled = work.catch(() => undefined).then(() => void this.#ending.delete(settled));
    this.#ending.add(settled);
  }

  #find({ namespace, pod: name }: Omit<Where, 'container'>): Found {
    const run = this.#pods.get(keyOf(namespace, name));
    const pod = this.#world.store.get({ kind: 'Pod', namespace, name });
    if (run === undefined || pod === undefined) throw notFound(`pods "${name}" not found`);
    return { run, pod };
  }
}
