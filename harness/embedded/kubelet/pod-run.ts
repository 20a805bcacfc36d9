/** One pod: from the node that it is given to the moment when nothing is left of it. */
import { sleep } from '../../wait/wait.ts';
import { removeIfFree } from '../api-server/deletion.ts';
import { asRecord } from '../api-server/json.ts';
import { refOf, timestamp } from '../api-server/store.ts';
import type { Resource, ResourceRef, RunningProgram } from '../types.ts';
import { ContainerRun, PROXY } from './container-run.ts';
import { startForwarder } from './forward.ts';
import { nodeNameOf } from './nodes.ts';
import { type PodAddresses, PodFiles } from './pod-files.ts';
import { type PodWorld, tellOfPod } from './pod-world.ts';
import { Processes } from './processes.ts';
import { condition, podSpec } from './views.ts';

/** From the pod's node being known until its containers start: what the runtime takes for a sandbox, usually. */
const CREATE_MS = 400;
const MOUNT_RETRY_MS = 1000;

/** A pod that is on its node. */
export class PodRun {
  readonly addresses: PodAddresses;
  readonly files: PodFiles;
  readonly processes: Processes;
  readonly containers: readonly ContainerRun[];
  readonly #world: PodWorld;
  readonly #pod: Resource;
  readonly #ref: ResourceRef;
  readonly #gone = new AbortController();
  #forwarder: RunningProgram | undefined;
  #created = false;
  #terminating = false;

  constructor(world: PodWorld, pod: Resource) {
    this.#world = world;
    this.#pod = pod;
    this.#ref = refOf(pod);
    const { containers } = podSpec(pod);
    const address = world.addresses.nextAddress();
    const hasSidecar = containers.length > 1 && containers.some(({ name }) => name === PROXY);
    const appAddress = hasSidecar ? world.addresses.nextAddress() : address;
    this.addresses = { address, appAddress, lost: world.lost };
    this.files = new PodFiles(world.directory, pod, this.addresses);
    this.processes = new Processes(world.still);
    const { addresses, files, processes } = this;
    const inPod = { world, pod, addresses, files, processes, changed: () => this.publish() };
    this.containers = containers.map((container) => new ContainerRun(container, inPod));
  }

  get uid(): string | undefined {
    return this.#pod.metadata.uid;
  }

  container(name: string): ContainerRun | undefined {
    return this.containers.find(({ spec }) => spec.name === name);
  }

  /** Brings it up; its containers run on until it ends. */
  async start(): Promise<void> {
    this.#world.store.update(this.#ref, (copy) => ({
      ...copy,
      spec: { ...podSpec(copy), nodeName: nodeNameOf(this.#world.spec) },
    }));
    this.publish();
    try {
      await this.#wait(CREATE_MS);
      await this.#prepare();
      if (this.container(PROXY) === undefined) {
        const { namespace = '' } = this.#pod.metadata;
        const { store } = this.#world;
        this.#forwarder = await startForwarder({ store, address: this.addresses.address, namespace });
      }
    } catch {
      // It was deleted before it ran.
      await this.#forwarder?.stop();
      return;
    }
    this.#created = true;
    for (const container of this.containers) void container.run();
  }

  /** Ends it within its grace period, and takes it out of the store. */
  async terminate(graceSeconds: number): Promise<void> {
    if (this.#terminating) return;
    this.#terminating = true;
    this.publish();
    const graceMs = graceSeconds * 1000 * this.#world.timeScale;
    if (this.#created) await Promise.all(this.containers.map((container) => container.stop(graceMs)));
    await this.kill();
    const { store } = this.#world;
    if (store.get(this.#ref)?.metadata.uid !== this.uid) return;
    store.update(this.#ref, (copy) => {
      copy.metadata.deletionGracePeriodSeconds = 0;
      return copy;
    });
    removeIfFree(store, this.#ref);
  }

  /** Ends all of it now. */
  async kill(): Promise<void> {
    this.#gone.abort(new Error('the pod is gone'));
    this.#terminating = true;
    await Promise.all(this.containers.map((container) => container.end()));
    this.processes.signalAll('SIGKILL');
    await this.#forwarder?.stop();
    this.files.remove();
  }

  /** It stands still, or runs again. */
  freeze(frozen: boolean): void {
    this.processes.signalAll(frozen ? 'SIGSTOP' : 'SIGCONT');
    for (const { proxy } of this.containers) proxy?.freeze?.(frozen);
    if (!frozen) this.publish();
  }

  /** Writes the pod's status as it is now. A node that stands still writes nothing. */
  publish(): void {
    const { store, still } = this.#world;
    if (still.frozen || store.get(this.#ref)?.metadata.uid !== this.uid) return;
    store.update(this.#ref, (copy) => ({ ...copy, status: this.#status(copy) }));
  }

  #status(pod: Resource): Record<string, unknown> {
    const ready = this.containers.every((container) => container.ready);
    const running = this.#created && this.containers.every((container) => container.hasRun);
    const truths = { PodScheduled: true, Initialized: true, ContainersReady: ready, Ready: ready };
    return {
      phase: running || this.#terminating ? 'Running' : 'Pending',
      hostIP: '127.0.0.1',
      ...(this.#created ? { podIP: this.addresses.address, podIPs: [{ ip: this.addresses.address }] } : {}),
      startTime: asRecord(pod['status'])['startTime'] ?? timestamp(),
      conditions: Object.entries(truths).map(([type, holds]) => condition(pod, type, { holds })),
      containerStatuses: this.containers.map((container) => container.status()),
    };
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms * this.#world.timeScale, this.#gone.signal);
    await this.#world.still.moving();
  }

  /** Volumes wait for what they are made of. */
  async #prepare(): Promise<void> {
    const { store, curl } = this.#world;
    for (;;) {
      try {
        this.files.prepare(store, curl);
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : 'a volume cannot be mounted';
        tellOfPod(this.#world, this.#pod, { reason: 'FailedMount', message });
      }
      await this.#wait(MOUNT_RETRY_MS);
    }
  }
}
