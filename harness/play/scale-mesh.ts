import { kubectl } from '../cluster/kubeconfig.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { Member } from '../mesh/types.ts';
import { placeOf } from '../provider/place-of.ts';
import type { Event } from './heard-answers.ts';
import type { Scene } from './scene.ts';

/** Something of the mesh's own: istiod, a gateway. */
export interface PartOfMesh {
  readonly namespace: string;
  readonly deployment: string;
}

interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
}

const nameOf = ({ namespace, deployment }: PartOfMesh): string => `${namespace}/${deployment}`;

/**
 * Scales parts of a cluster's mesh. What one had at first is put back when the play is over: once, however often it is scaled
 * meanwhile, so that it is not taken away again.
 */
export class MeshScaling {
  readonly #scene: Scene;
  readonly #member: Member;
  /** How many replicas each had at first, which are going to be put back. Key: NAMESPACE/DEPLOYMENT. */
  readonly #atFirst = new Map<string, number>();

  constructor(scene: Scene, member: Member) {
    this.#scene = scene;
    this.#member = member;
  }

  /** @throws Error if it is not there, or at 0 already: what it had before cannot be told then, and so not be put back */
  async scale(part: PartOfMesh, replicas: number): Promise<Event> {
    const { client, topology } = this.#member;
    const { namespace, deployment: name } = part;
    if (!this.#atFirst.has(nameOf(part))) await this.#putBackAfterwards(part);
    const scaled = await client.scale({ namespace, name }, replicas);
    return { what: `${name} in ${topology.name} scaled to ${String(replicas)}`, ...scaled };
  }

  /** Gives it as many replicas as it had at first. @throws Error if it was not scaled before */
  async scaleBack(part: PartOfMesh): Promise<Event> {
    const replicas = this.#atFirst.get(nameOf(part));
    if (replicas === undefined)
      throw new Error(`${nameOf(part)} was not scaled by this play: nothing to put back`);
    return this.scale(part, replicas);
  }

  async #putBackAfterwards(part: PartOfMesh): Promise<void> {
    const { client, provided } = this.#member;
    const { state, undo, context } = this.#scene;
    const of = { namespace: part.namespace, name: part.deployment };
    const replicas = await this.#replicasOf(part);
    const undone = state.willUndo({ kind: 'scale', ...placeOf(provided), ...of, replicas });
    this.#atFirst.set(nameOf(part), replicas);
    undo.push(async () => {
      await client.scale(of, replicas);
      await client.waitForRollout(of, { timeoutMs: context.timeoutMs });
      undone();
    });
  }

  async #replicasOf(part: PartOfMesh): Promise<number> {
    const seen = await this.#read(part);
    const replicas = seen === undefined ? undefined : (seen.spec?.replicas ?? 1);
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

  #read({ namespace, deployment: name }: PartOfMesh): Promise<Deployment | undefined> {
    return this.#member.client.get<Deployment>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace,
      name,
    });
  }
}
