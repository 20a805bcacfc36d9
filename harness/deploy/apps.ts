import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { readManifest } from '../mesh/manifests.ts';
import { place, type Placement } from './place.ts';

/** Where manifests are looked for: beside the scenario first, then among the shared applications. */
export interface ManifestFolders {
  readonly scenario: string;
  readonly shared: string;
}

/**
 * The objects of a manifest by its name without `.yaml`.
 *
 * @throws Error that names both places where it was looked for
 */
export function readApplication(name: string, folders: ManifestFolders): KubernetesObject[] {
  const candidates = [folders.scenario, folders.shared].map((folder) => join(folder, `${name}.yaml`));
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`no manifest ${name}: expected ${candidates.join(' or ')}`);
  return readManifest(file);
}

/** Images that manifests name, for loading and for lists of what a registry must hold. */
export const imagesIn = (objects: readonly KubernetesObject[]): string[] =>
  [...JSON.stringify(objects).matchAll(/"image":"([^"]+)"/g)].flatMap(([, image]) => image ?? []);

/** Applies applications and waits until every Deployment among them is rolled out. */
export async function deploy(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  options: {
    readonly placement: Placement;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const placed = objects.map((object) => place(object, options.placement));
  await cluster.applyAll(placed, { signal: options.signal });
  await Promise.all(
    placed
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata }) =>
        cluster.waitForRollout(
          { namespace: options.placement.namespace, name: metadata.name },
          { timeoutMs: options.timeoutMs, signal: options.signal },
        ),
      ),
  );
}
