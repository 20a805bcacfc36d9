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

/**
 * Scales parts of a cluster's mesh. What one had at first is put back when the play is over: once, however often it is scaled
 * meanwhile, so that it is not taken away again.
 */
export class MeshScaling {
  readonly #scene: Scene;
  readonly #member: Member;
  /** What is going to be put back: NAMESPACE/DEPLOYMENT. */
  readonly #scaled = new Set<string>();

  constructor(scene: Scene, member: Member) {
    this.#scene = scene;
    this.#member = member;
  }

  async scale({ namespace, deployment: name }: PartOfMesh, replicas: number): Promise<Event> {
    const { client, topology } = this.#member;
    if (!this.#scaled.has(`${namespace}/${name}`)) await this.#putBackAfterwards({ namespace, name });
    const scaled = await client.scale({ namespace, name }, replicas);
    return { what: `${name} in ${topology.name} scaled to ${String(replicas)}`, ...scaled };
  }

  async #putBackAfterwards(of: { readonly namespace: string; readonly name: string }): Promise<void> {
    const { client, provided } = this.#member;
    const { state, undo, context } = this.#scene;
    const seen = await client.get<KubernetesObject & { spec?: { replicas?: number } }>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      ...of,
    });
    const replicas = seen?.spec?.replicas ?? 1;
    const undone = state.willUndo({ kind: 'scale', ...placeOf(provided), ...of, replicas });
    this.#scaled.add(`${of.namespace}/${of.name}`);
    undo.push(async () => {
      await client.scale(of, replicas);
      await client.waitForRollout(of, { timeoutMs: context.timeoutMs });
      undone();
    });
  }
}
