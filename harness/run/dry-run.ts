import { stringify } from 'yaml';
import { place } from '../deploy/place.ts';
import { istioOperator, remoteOperator, type PartSettings } from '../mesh/istio/operator.ts';
import type { RunOptions } from '../options/types.ts';
import { namespaceOf } from '../play/namespace.ts';
import { kindConfig, kindName } from '../provider/kind/config.ts';
import type { Selected } from '../select.ts';
import { hasRemotes, hasSeveralNetworks, type ClusterTopology } from '../topology/topology.ts';
import { benchesAsked, printList } from './list.ts';
import type { Bench, Chosen } from './bench.ts';
import { providerAsked } from './choose-provider.ts';
import { manifestsOf } from './manifests.ts';

const RUN_ID = 'RUN-ID';

/** Prints the plan and every manifest that a run would apply. Touches nothing, asks nobody. */
export async function dryRun(options: RunOptions): Promise<number> {
  const benches = await benchesAsked(options);
  printList(benches, options);
  for (const bench of benches) {
    if (makesKindClusters(options)) printClusters(bench, options);
    for (const part of bench.parts) {
      for (const selected of part.scenarios) printApplications(part, selected, options);
    }
  }
  return 0;
}

/** What `auto` would choose is found out by asking Docker; that it would be kind is how the plan is read. */
const makesKindClusters = (options: RunOptions): boolean => (providerAsked(options) ?? 'kind') === 'kind';

const print = (title: string, yaml: string): void => {
  process.stdout.write(`---\n# ${title}\n${yaml}`);
};

function printClusters({ variant, clusters }: Bench, options: RunOptions): void {
  const { istioHub: hub, istioTag: tag, installValues } = options;
  const merged = installValues === undefined ? '' : ` -f ${installValues}`;
  for (const cluster of clusters) {
    print(
      `${variant}: kind create cluster --name ${kindName(RUN_ID, cluster.name)} --config -`,
      kindConfig(cluster),
    );
    print(
      `${variant}: istioctl install -f -${merged}, in ${cluster.name}`,
      operatorOf(cluster, { clusters, hub, tag }),
    );
  }
}

function operatorOf(
  cluster: ClusterTopology,
  { clusters, hub, tag }: Pick<Bench, 'clusters'> & Pick<PartSettings, 'hub' | 'tag'>,
): string {
  const { role, name, primary } = cluster;
  if (role === 'remote') {
    const controlPlaneAddress = `ADDRESS-OF-ISTIOD-IN-${primary.toUpperCase()}`;
    return remoteOperator({ cluster, hub, tag, controlPlaneAddress });
  }
  const gateway = hasSeveralNetworks(clusters);
  return istioOperator({ cluster, hub, tag, gateway, hasRemotes: hasRemotes(clusters, name) });
}

function printApplications({ variant }: Chosen, { file, scenario }: Selected, options: RunOptions): void {
  const placement = {
    namespace: namespaceOf({ runId: RUN_ID, variant }, file),
    runId: RUN_ID,
    images: options.image,
    imageHub: options.imageHub,
    imagePullSecret: options.imagePullSecret?.split('/')[1],
  };
  for (const { cluster, name, read } of manifestsOf({ file, scenario })) {
    const where = cluster === undefined ? `${name}.yaml, applied in a later step` : `in ${cluster}`;
    for (const object of read()) {
      print(`${variant}: ${scenario.claim}, ${where}`, stringify(place(object, placement)));
    }
  }
}
