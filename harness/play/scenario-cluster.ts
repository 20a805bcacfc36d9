import { isServing } from '../cluster/pods.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { readApplication, deploy } from '../deploy/apps.ts';
import { place, type Placement } from '../deploy/place.ts';
import type { MeshInCluster, Member } from '../mesh/types.ts';
import { freezeWith } from '../provider/freezing.ts';
import type { Freezable } from '../provider/types.ts';
import type { Exec } from '../traffic/types.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';
import type { PartOfMesh } from './away.ts';
import { behave, type Behaviour } from './behaviour.ts';
import { Calls } from './calls.ts';
import { ControlPlaneView } from './control-plane-view.ts';
import { Door } from './door.ts';
import { Fitness } from './fitness.ts';
import type { Event } from './heard-answers.ts';
import { ProxyView } from './proxy-view.ts';
import { addressOfGateway } from './ingress.ts';
import { GatewayView } from './gateway-view.ts';
import { Joining } from './joining.ts';
import { createdAt, refOf, replaced, type Meanings } from './objects.ts';
import { OwnNamespace } from './own-namespace.ts';
import { reachesApiServer, reachesPod } from './reach.ts';
import { restartAndWait, type Restarted } from './restart.ts';
import { MeshScaling } from './scale-mesh.ts';
import type { Scene } from './scene.ts';
import { PodSource } from './source.ts';
import type { Finding, Target } from './stage.ts';
import { Visitors } from './visitors.ts';

/** A cluster as a play uses it: everything happens in the scenario's own namespace, unless it says otherwise. */
export class ScenarioCluster<Check extends string = string> {
  readonly name: string;
  readonly member: Member;
  readonly #scene: Scene;
  readonly #scaling: MeshScaling;

  constructor(scene: Scene, member: Member) {
    this.#scene = scene;
    this.member = member;
    this.name = member.topology.name;
    this.#scaling = new MeshScaling(scene, member);
  }

  get kubeconfig(): string {
    return this.member.provided.kubeconfig;
  }

  /** What the mesh is in this cluster. */
  get mesh(): MeshInCluster {
    const found = this.#scene.context.mesh.clusters[this.name];
    if (found === undefined) throw new Error(`nothing is known of the mesh in ${this.name}`);
    return found;
  }

  /** The control plane that runs in this cluster. */
  get controlPlane(): ControlPlaneView {
    return new ControlPlaneView(this.#scene, this);
  }

  /** Where calls from other networks enter this one. */
  get gateway(): GatewayView {
    return new GatewayView(this.#scene, this);
  }

  /** How it belongs to the mesh of another cluster's control plane. */
  get joining(): Joining {
    return new Joining(this.#scene, this);
  }

  /** Whether it can become one mesh with others. */
  get fitness(): Fitness {
    return new Fitness(this);
  }

  /** Tells an instance of backend how to behave from now on. */
  behaves(deployment: string, behaviour: Behaviour): Promise<Event> {
    return behave(this.#scene, this, { deployment, behaviour });
  }

  /** The scenario's own namespace here. */
  get ownNamespace(): OwnNamespace {
    return new OwnNamespace(this.#scene, this);
  }

  /** The proxy beside an application. */
  proxy(app: string): ProxyView {
    return new ProxyView(this.#scene, this, app);
  }

  /** A prober in this cluster before the door of a service in another. */
  proberTowards(service: string, where: { readonly port: number; readonly in: ScenarioCluster }): Door {
    return new Door(this.#scene, this, { service, ...where });
  }

  /** A prober in this cluster gets to a pod in another one at its own address. */
  reachesPodIn(cluster: ScenarioCluster, app: string): Promise<Finding> {
    return reachesPod(this.#scene, this, { cluster, app });
  }

  /** A prober in this cluster gets an answer from another cluster's API server. */
  reachesApiServerOf(other: ScenarioCluster): Promise<Finding> {
    return reachesApiServer(this.#scene, this, other);
  }

  /** Sets the label by which a revision injects its proxies into the scenario's namespace, instead of the one that did. */
  async injectBy(revision: string): Promise<void> {
    const { key } = this.mesh.injectionLabel;
    await this.ownNamespace.label({ 'istio-injection': null, [key]: null, 'istio.io/rev': revision });
  }

  readonly exec: Exec = (request) => this.member.client.exec(request);

  /** Calls from an application's pod. */
  calls(app: string, target: Target): Calls<Check> {
    return new Calls<Check>(this.#scene, new PodSource(this.#scene, this, { app, target }));
  }

  /** Visitors from outside, who come in through a gateway of the scenario's own: a Service of type LoadBalancer. */
  async visitors(service: string): Promise<Visitors<Check>> {
    return new Visitors<Check>(
      this.#scene,
      `http://${await addressOfGateway(this.#scene, this.member, service)}`,
    );
  }

  /** Deploys applications and waits until they are ready. */
  async deploy(...apps: readonly string[]): Promise<void> {
    const { context, signal, folder } = this.#scene;
    const folders = { scenario: folder, shared: context.appsDirectory };
    const objects = apps.flatMap((app) => readApplication(app, folders));
    await deploy(this.member.client, objects, {
      placement: this.#placement(),
      timeoutMs: context.timeoutMs,
      signal,
    });
  }

  /**
   * Applies a manifest that lies beside the scenario, such as a VirtualService. `replacing` gives texts in it their
   * meaning in this run, e.g. an address that is reserved for documentation, or the only value of a selector.
   */
  async apply(manifest: string, replacing: Meanings = {}): Promise<void> {
    const objects = this.#objects(manifest).map((object) => replaced(object, replacing));
    await this.member.client.applyAll(objects);
  }

  /** Deletes what a manifest beside the scenario describes, and waits until it is gone. */
  async remove(manifest: string): Promise<void> {
    await Promise.all(
      this.#objects(manifest).map((object) =>
        this.member.client.deleteAndWait(refOf(object), { timeoutMs: 30_000 }),
      ),
    );
  }

  /** Scales a Deployment and does not wait: what happens meanwhile is what a play is about. */
  async scale(deployment: string, replicas: number): Promise<Event> {
    const { namespace } = this.#scene;
    const scaled = await this.member.client.scale({ namespace, name: deployment }, replicas);
    return { what: `${deployment} in ${this.name} scaled to ${String(replicas)}`, ...scaled };
  }

  /**
   * Gives a Deployment its replica back. The event ends when Kubernetes calls it available, or gives up waiting:
   * how long a pod takes to start says nothing of the mesh.
   */
  async bringBack(deployment: string): Promise<Event> {
    const { sentMs } = await this.scale(deployment, 1);
    await this.isReady(deployment).catch((error: unknown) => {
      // A pod that never gets ready, because its proxy does not, is for the check to judge.
      if (!(error instanceof WaitTimeout)) throw error;
      this.#scene.recorder.say(error.message);
    });
    return { what: `${deployment} in ${this.name} is ready again`, sentMs, acknowledgedMs: Date.now() };
  }

  /** Waits until a Deployment is rolled out. */
  async isReady(deployment: string): Promise<void> {
    const { namespace, context, signal } = this.#scene;
    await this.member.client.waitForRollout(
      { namespace, name: deployment },
      { timeoutMs: context.timeoutMs, signal },
    );
  }

  /** Waits until no pod of an application is left. */
  async isGone(app: string): Promise<void> {
    const { namespace, signal } = this.#scene;
    await this.member.client.waitForNoPods(
      { namespace, labelSelector: `app=${app}` },
      { timeoutMs: 90_000, signal },
    );
  }

  /**
   * Replaces an application's pods; a new one has no connections that outlive what was removed. `judgedBy` is a check
   * that new pods get ready: where they do not, it is recorded as refuted, and `isReady` tells the play.
   * @throws WaitTimeout if they do not get ready and no check is about that
   */
  restart(deployment: string, { judgedBy }: { readonly judgedBy?: Check } = {}): Promise<Restarted> {
    return restartAndWait(this.#scene, this, { deployment, judgedBy });
  }

  /** Scales something of the mesh's own (istiod, a gateway). What it had at first is put back after the play, or by `clean`. */
  scaleMesh(what: PartOfMesh, replicas: number): Promise<Event> {
    return this.#scaling.scale(what, replicas);
  }

  /** Gives something of the mesh's own as many replicas as it had before it was scaled; does not wait. */
  scaleMeshBack(what: PartOfMesh): Promise<Event> {
    return this.#scaling.scaleBack(what);
  }

  /** Scales parts of the mesh to 0 and waits until their pods are gone. */
  takeMeshDown(parts: readonly PartOfMesh[]): Promise<Event> {
    return this.#scaling.takeDown(parts);
  }

  /** Gives parts of the mesh that were taken down what they had before, and waits until they are ready. */
  bringMeshBack(parts: readonly PartOfMesh[]): Promise<void> {
    return this.#scaling.bringBack(parts);
  }

  /** Waits until something of the mesh's own is rolled out. */
  async meshIsReady(what: { readonly namespace: string; readonly deployment: string }): Promise<void> {
    const { timeoutMs } = this.#scene.context;
    const { namespace, deployment: name } = what;
    await this.member.client.waitForRollout({ namespace, name }, { timeoutMs, signal: this.#scene.signal });
  }

  /** Stops the cluster's node, or its API server alone. Thawed after the play at the latest. */
  async freeze(part: Freezable): Promise<{ readonly event: Event; thaw: () => Promise<Event> }> {
    const { context, state, undo } = this.#scene;
    if (context.freezer === undefined)
      throw new Error('nothing of these clusters can be stopped and started by the harness');
    const sentMs = Date.now();
    const frozen = await freezeWith(context.freezer, { cluster: this.name, part }, state);
    const event = {
      what: `the ${part === 'node' ? 'node' : 'API server'} of ${this.name} frozen`,
      sentMs,
      acknowledgedMs: Date.now(),
    };
    let isFrozen = true;
    const thaw = async (): Promise<Event> => {
      const began = Date.now();
      if (isFrozen) await frozen.thaw();
      isFrozen = false;
      return { what: `${this.name} thawed`, sentMs: began, acknowledgedMs: Date.now() };
    };
    undo.push(async () => {
      await thaw();
    });
    return { event, thaw };
  }

  /** A ready pod of an application: the youngest, so that a restarted one is used. */
  async readyPod(app: string): Promise<string> {
    const { signal } = this.#scene;
    const what = `a ready pod of ${app} in ${this.name}`;
    return poll({ what, timeoutMs: 60_000, intervalMs: 300, signal }, async (saw) => {
      const pods = await this.pods(app);
      saw(`${String(pods.length)} pods, none ready`);
      return pods.find(isServing)?.metadata.name;
    });
  }

  /** The pods of an application, whatever their state, the youngest first. */
  async pods<T extends KubernetesObject>(app: string): Promise<T[]> {
    const { namespace } = this.#scene;
    const ofApp = { apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: `app=${app}` };
    const pods = await this.member.client.list<T>(ofApp);
    return pods.sort((a, b) => createdAt(b).localeCompare(createdAt(a)));
  }

  #objects(manifest: string): KubernetesObject[] {
    const { folder, context } = this.#scene;
    const placement = this.#placement();
    return readApplication(manifest, { scenario: folder, shared: context.appsDirectory }).map((object) =>
      place(object, placement),
    );
  }

  #placement(): Placement {
    const { context, namespace } = this.#scene;
    const { runId, images, imageHub, pullSecret } = context;
    return { namespace, runId, images, imageHub, imagePullSecret: pullSecret?.name };
  }
}
