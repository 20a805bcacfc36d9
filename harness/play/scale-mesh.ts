import { kubectl } from '../cluster/kubeconfig.ts';
import type { Member } from '../mesh/types.ts';
import { placeOf } from '../provider/place-of.ts';
import { nameOf, replicasOf, waitUntilAway, whyNotAway, type PartOfMesh } from './away.ts';
import type { Event } from './heard-answers.ts';
import type { Scene } from './scene.ts';

/**
 * Of what is taken down, calls are judged from so long before it was gone, in milliseconds: what its going breaks counts, and
 * most of them are to be of the time without it.
 */
const GOING_MS = 5_000;

/**
 * Scales parts of a cluster's mesh. What one had at first is put back when the play is over: once, however often it is scaled
 * meanwhile, so that it is not taken away again. While something is scaled to 0, nothing is judged where somebody else has
 * brought it back.
 */
export class MeshScaling {
  readonly #scene: Scene;
  readonly #member: Member;
  /** How many replicas each had at first, which are going to be put back. Key: NAMESPACE/DEPLOYMENT. */
  readonly #atFirst = new Map<string, number>();
  /** What is scaled to 0 at present. */
  readonly #away = new Map<string, PartOfMesh>();

  constructor(scene: Scene, member: Member) {
    this.#scene = scene;
    this.#member = member;
    scene.recorder.doubts.push(() => this.#doubt());
  }

  /** @throws Error if it is not there, or at 0 already: what it had before cannot be told then, and so not be put back */
  async scale(part: PartOfMesh, replicas: number): Promise<Event> {
    const { client, topology } = this.#member;
    const { namespace, deployment: name } = part;
    if (!this.#atFirst.has(nameOf(part))) await this.#putBackAfterwards(part);
    const scaled = await client.scale({ namespace, name }, replicas);
    if (replicas === 0) this.#away.set(nameOf(part), part);
    else this.#away.delete(nameOf(part));
    return { what: `${name} in ${topology.name} scaled to ${String(replicas)}`, ...scaled };
  }

  /** Gives it as many replicas as it had at first. @throws Error if it was not scaled before */
  async scaleBack(part: PartOfMesh): Promise<Event> {
    const replicas = this.#atFirst.get(nameOf(part));
    if (replicas === undefined)
      throw new Error(`${nameOf(part)} was not scaled by this play: nothing to put back`);
    return this.scale(part, replicas);
  }

  /**
   * Scales to 0 those of several parts that run, and waits until none of their pods is left. The event ends then.
   *
   * @throws WaitTimeout if pods do not end, Error if none of the parts ran
   */
  async takeDown(parts: readonly PartOfMesh[]): Promise<Event> {
    const { name: cluster } = this.#member.topology;
    const { signal, context } = this.#scene;
    const replicas = await Promise.all(parts.map((part) => replicasOf(this.#member, part)));
    const running = parts.filter((_, index) => (replicas[index] ?? 0) > 0);
    const scaled: Event[] = [];
    // One that nobody uses any more may be at 0. Where all of them are, the first is told as what is wrong.
    for (const part of running.length > 0 ? running : parts.slice(0, 1))
      scaled.push(await this.scale(part, 0));
    const options = { timeoutMs: context.timeoutMs, signal };
    await Promise.all(parts.map((part) => waitUntilAway(this.#member, part, options)));
    const goneMs = Date.now();
    const sentMs = Math.max(Math.min(...scaled.map((event) => event.sentMs)), goneMs - GOING_MS);
    const names = running.map(({ deployment }) => deployment).join(' and ');
    return { what: `${names} in ${cluster} taken down`, sentMs, acknowledgedMs: goneMs };
  }

  /** Gives those of several parts that were taken down what they had at first, and waits until they are ready. */
  async bringBack(parts: readonly PartOfMesh[]): Promise<void> {
    const { timeoutMs } = this.#scene.context;
    const { signal } = this.#scene;
    for (const part of parts.filter((each) => this.#away.has(nameOf(each)))) {
      await this.scaleBack(part);
      const of = { namespace: part.namespace, name: part.deployment };
      await this.#member.client.waitForRollout(of, { timeoutMs, signal });
    }
  }

  async #putBackAfterwards(part: PartOfMesh): Promise<void> {
    const { client, provided } = this.#member;
    const { state, undo, context } = this.#scene;
    const of = { namespace: part.namespace, name: part.deployment };
    const replicas = await this.#replicasToPutBack(part);
    const undone = state.willUndo({ kind: 'scale', ...placeOf(provided), ...of, replicas });
    this.#atFirst.set(nameOf(part), replicas);
    undo.push(async () => {
      this.#away.delete(nameOf(part));
      await client.scale(of, replicas);
      await client.waitForRollout(of, { timeoutMs: context.timeoutMs });
      undone();
    });
  }

  async #replicasToPutBack(part: PartOfMesh): Promise<number> {
    const replicas = await replicasOf(this.#member, part);
    if (replicas !== undefined && replicas > 0) return replicas;
    const { provided, topology } = this.#member;
    const look = `${kubectl(provided)} -n ${part.namespace} get deployments`;
    const expected = `expected the Deployment ${nameOf(part)} in ${topology.name} to run, so that it can be scaled and put back`;
    if (replicas === undefined) throw new Error(`${expected}; there is none. Look: ${look}`);
    const again = `${kubectl(provided)} -n ${part.namespace} scale deployment ${part.deployment} --replicas=NUMBER`;
    throw new Error(
      `${expected}; it is at 0 replicas already, and how many it had is not known: another run on these clusters may ` +
        `have scaled it, or one that was killed (npx meshproof clean, where it ran). Look: ${look}. By hand: ${again}`,
    );
  }

  /** Why verdicts cannot stand: what shall be away is not, or cannot be seen to be. */
  async #doubt(): Promise<string | undefined> {
    for (const part of this.#away.values()) {
      const why = await whyNotAway(this.#member, part).catch(
        (error: unknown) =>
          `whether ${nameOf(part)} in ${this.#member.topology.name} stayed at 0 replicas cannot be seen: ${String(error)}`,
      );
      if (why !== undefined) return why;
    }
    return undefined;
  }
}
