/** One container of a pod: started, probed, started again when it crashed, stopped. */
import { sleep } from '../../wait/wait.ts';
import { idle, findImage, type Image, imageNames } from '../programs/images.ts';
import type { Surroundings } from '../programs/program.ts';
import { refOf } from '../api-server/store.ts';
import type { Proxy, Resource, RunningProgram } from '../types.ts';
import { type ContainerState, isSleep, running, terminated } from './container-state.ts';
import { askThroughProxy } from './forward.ts';
import type { PodAddresses, PodFiles } from './pod-files.ts';
import { Log, type PodWorld, tellOfPod } from './pod-world.ts';
import { ask } from './probes.ts';
import { type Processes, signalGroup } from './processes.ts';
import type { Container } from './views.ts';

/** The container that the mesh runs. */
export const PROXY = 'istio-proxy';

const MESH_POLL_MS = 200;
const LEAST_MS = 5;
const BACK_OFF_MS = 1000;
const MAX_BACK_OFF_MS = 300_000;

/** The pod that a container is in. */
export interface InPod {
  readonly world: PodWorld;
  readonly pod: Resource;
  readonly addresses: PodAddresses;
  readonly files: PodFiles;
  readonly processes: Processes;
  /** The container's state is another than before. */
  readonly changed: () => void;
}

/** A container and what became of it. */
export class ContainerRun {
  readonly spec: Container;
  readonly log = new Log();
  readonly #in: InPod;
  readonly #end = new AbortController();
  #state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  #lastState: ContainerState | undefined;
  #ready = false;
  #restarts = 0;
  #program: RunningProgram | undefined;
  #proxy: Proxy | undefined;
  #stop: ((graceMs: number) => Promise<void>) | undefined;

  constructor(spec: Container, inPod: InPod) {
    this.spec = spec;
    this.#in = inPod;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get running(): boolean {
    return 'running' in this.#state;
  }

  /** It has run, if only once. */
  get hasRun(): boolean {
    return !('waiting' in this.#state) || this.#lastState !== undefined;
  }

  /** The proxy that runs here. */
  get proxy(): Proxy | undefined {
    return this.#proxy;
  }

  status(): Record<string, unknown> {
    const { name, image } = this.spec;
    return {
      name,
      image,
      imageID: image,
      ready: this.#ready,
      started: this.running,
      restartCount: this.#restarts,
      state: this.#state,
      ...(this.#lastState === undefined ? {} : { lastState: this.#lastState }),
    };
  }

  /** Runs until it is stopped. Never rejects: what goes wrong is its state, and an event. */
  async run(): Promise<void> {
    const image = findImage(this.spec.image);
    if (image === undefined) this.#refuseImage();
    while (image !== undefined && !this.#ended()) {
      const code = await this.#once(image).catch((error: unknown) => this.#failed(error));
      if (this.#ended()) return;
      this.#crashed(code);
      await this.#sleep(Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** this.#restarts));
      this.#restarts += 1;
    }
  }

  /** Stops it as a kubelet does: preStop, then the signal, and after the grace period the end. */
  async stop(graceMs: number): Promise<void> {
    const { timeScale, still } = this.#in.world;
    const seconds = this.spec.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const before = Math.min(graceMs, seconds * 1000 * timeScale);
    if (this.running) await sleep(before);
    await still.moving();
    const rest = Math.max(0, graceMs - before);
    // A proxy drains first; what it has not done in time is cut off.
    const draining = this.#proxy?.stop().catch(() => undefined);
    if (draining !== undefined) await Promise.race([draining, sleep(rest)]);
    await this.end(rest);
  }

  /** Ends it, giving a process so long to react to SIGTERM, in milliseconds. */
  async end(graceMs = 0): Promise<void> {
    this.#end.abort();
    await this.#stop?.(graceMs);
    this.#ready = false;
    if ('terminated' in this.#state) return;
    this.#state = terminated(0);
    this.#in.changed();
  }

  #ended(): boolean {
    return this.#end.signal.aborted;
  }

  /** Usual milliseconds, scaled; cut short by the end. */
  async #sleep(ms: number): Promise<void> {
    // However fast the world is, it does not spin.
    const scaled = ms === 0 ? 0 : Math.max(LEAST_MS, ms * this.#in.world.timeScale);
    await sleep(scaled, this.#end.signal).catch(() => undefined);
    await this.#in.world.still.moving();
  }

  #set(state: ContainerState, ready = false): void {
    this.#state = state;
    this.#ready = ready;
    this.#in.changed();
  }

  #refuseImage(): void {
    const { image } = this.spec;
    const message = `Back-off pulling image "${image}"`;
    this.#set({ waiting: { reason: 'ImagePullBackOff', message } });
    const known = imageNames().join(', ');
    const failed = `Failed to pull image "${image}": the embedded clusters have only: ${known}`;
    this.#warn('Failed', failed);
    this.#warn('BackOff', message);
  }

  #failed(error: unknown): number {
    this.log.add(`${error instanceof Error ? error.message : 'it cannot be started'}\n`);
    return 1;
  }

  #crashed(code: number): void {
    this.#lastState = terminated(code);
    const message = `Back-off restarting failed container ${this.spec.name}`;
    this.#set({ waiting: { reason: 'CrashLoopBackOff', message } });
    this.#warn('BackOff', message);
  }

  /** Starts it, probes it, and resolves to its exit code when it ended. */
  async #once(image: Image): Promise<number> {
    const { exited } = await this.#start(image);
    this.#set(running());
    const over = new AbortController();
    void this.#probe(image, over.signal);
    return exited.finally(() => over.abort());
  }

  /** Gives a promise of the exit code, which for a program of our own comes only when it is stopped. */
  async #start(image: Image): Promise<{ exited: Promise<number> }> {
    const { world, pod, addresses } = this.#in;
    if (this.spec.name === PROXY) {
      this.#proxy = await world.mesh.startProxy(pod, addresses.address, addresses.appAddress);
      this.#program = this.#proxy;
    } else if (image.kind === 'process' && !isSleep(this.#words(image)))
      return { exited: this.#startProcess(image) };
    else this.#program = await (image.kind === 'built-in' ? image.program : idle)(this.#surroundings());
    const program = this.#program;
    const stop = (): Promise<void> => (this.#proxy?.kill === undefined ? program.stop() : this.#proxy.kill());
    if (this.#ended()) await stop();
    const exited = new Promise<number>((resolve) => {
      this.#stop = async () => {
        await stop();
        resolve(0);
      };
    });
    return { exited };
  }

  #words(image: Image): readonly string[] {
    const { command, args = [] } = this.spec;
    return [...(command ?? (image.kind === 'process' ? image.command : undefined) ?? []), ...args];
  }

  #startProcess(image: Image): Promise<number> {
    const { files, processes } = this.#in;
    const command = files.processOf(this.spec, this.#words(image));
    const { child, exited } = processes.start(command, (text) => this.log.add(text));
    this.#stop = async (graceMs) => {
      signalGroup(child, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    };
    return exited;
  }

  #surroundings(): Surroundings {
    const { world, pod, addresses, files } = this.#in;
    return {
      pod: pod.metadata.name,
      address: addresses.appAddress,
      environment: files.environmentOf(this.spec),
      moving: () => world.still.moving(),
      ask: (question) => askThroughProxy(addresses.address, question),
    };
  }

  /** Follows readiness until the container ended. */
  async #probe(image: Image, over: AbortSignal): Promise<void> {
    const isMesh = image.kind === 'mesh' || this.#proxy !== undefined;
    const probe = isMesh ? undefined : this.spec.readinessProbe;
    const isOver = (): boolean => over.aborted || this.#ended();
    await this.#sleep((probe?.initialDelaySeconds ?? 0) * 1000);
    let failures = 0;
    while (!isOver()) {
      const reason = isMesh ? this.#askMesh() : await this.#askOnce(probe);
      failures = reason === undefined ? 0 : failures + 1;
      const steady = this.#ready && !isMesh && failures < (probe?.failureThreshold ?? 3);
      const ready = reason === undefined || steady;
      if (isOver()) return;
      if (ready !== this.#ready) this.#set(this.#state, ready);
      if (reason !== undefined && probe !== undefined)
        this.#warn('Unhealthy', `Readiness probe failed: ${reason}`);
      if (!isMesh && probe === undefined) return;
      await this.#sleep(isMesh ? MESH_POLL_MS : (probe?.periodSeconds ?? 10) * 1000);
    }
  }

  async #askOnce(probe: Container['readinessProbe']): Promise<string | undefined> {
    if (probe === undefined) return undefined;
    const { pod, addresses, files, processes } = this.#in;
    const run = (command: readonly string[]): Promise<number> =>
      processes.start(files.processOf(this.spec, command), () => undefined).exited;
    return ask(probe, { pod, address: addresses.appAddress, run });
  }

  #askMesh(): string | undefined {
    const { world, pod, files } = this.#in;
    if (this.#proxy === undefined) {
      const now = world.store.get(refOf(pod)) ?? pod;
      return world.mesh.isControlPlaneReady?.(now) === false ? 'not ready' : undefined;
    }
    if (!this.#proxy.isReady()) return 'not configured';
    const certificate = this.#proxy.certificate?.();
    if (certificate !== undefined) files.writeCertificate(certificate);
    return undefined;
  }

  #warn(reason: string, message: string): void {
    tellOfPod(this.#in.world, this.#in.pod, { reason, message });
  }
}
