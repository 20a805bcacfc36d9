import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KubernetesObject } from '../cluster/types.ts';
import { readApplication } from '../deploy/apps.ts';
import type { Selected } from '../select.ts';
import { reasonOf } from '../provider/kubeconfig/reason.ts';
import type { Chosen } from './bench.ts';
import { appsDirectory } from './setup.ts';

/** A manifest of a scenario. */
interface Manifest {
  /** Without `.yaml`. */
  readonly name: string;
  /** The cluster that begins with it; undefined where a later step applies it. */
  readonly cluster: string | undefined;
  /** @throws Error that names the file and what is wrong with it */
  readonly read: () => KubernetesObject[];
}

/** What a scenario begins with, cluster by cluster, and what else lies beside it for its later steps. */
export function manifestsOf({ file, scenario }: Pick<Selected, 'file' | 'scenario'>): readonly Manifest[] {
  const folders = { scenario: dirname(file.file), shared: appsDirectory };
  const read = (name: string) => (): KubernetesObject[] => readApplication(name, folders);
  const first = Object.entries(scenario.apps).flatMap(([cluster, names]) =>
    names.map((name) => ({ name, cluster, read: read(name) })),
  );
  const names = new Set(first.map(({ name }) => name));
  const later = readdirSync(folders.scenario).flatMap((name) =>
    name.endsWith('.yaml') && !names.has(name.slice(0, -5)) ? name.slice(0, -5) : [],
  );
  return [...first, ...later.map((name) => ({ name, cluster: undefined, read: read(name) }))];
}

/** What is wrong with manifests of scenarios, each once: found before clusters are made for them. */
export function manifestMistakes(chosen: readonly Pick<Chosen, 'scenarios'>[]): readonly string[] {
  const mistakes = chosen.flatMap(({ scenarios }) =>
    scenarios.flatMap((selected) =>
      manifestsOf(selected).flatMap(({ read }) => {
        try {
          read();
          return [];
        } catch (error) {
          return [reasonOf(error)];
        }
      }),
    ),
  );
  return [...new Set(mistakes)];
}
