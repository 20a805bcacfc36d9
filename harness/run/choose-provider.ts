import { dirname } from 'node:path';
import { which } from '../command/which.ts';
import { run as runCommand } from '../command/command.ts';
import { imagesIn, readApplication } from '../deploy/apps.ts';
import { imageFor, INJECTED_IMAGE } from '../deploy/place.ts';
import type { RunOptions } from '../options/types.ts';
import { EmbeddedProvider } from '../provider/embedded/embedded.ts';
import { KindProvider } from '../provider/kind/kind.ts';
import { KubeconfigProvider } from '../provider/kubeconfig/kubeconfig.ts';
import type { Provider } from '../provider/types.ts';
import type { Selected } from '../select.ts';
import type { ClusterTopology, VariantName } from '../topology/topology.ts';
import { appsDirectory, pullSecretOf, userPath } from './setup.ts';

const dockerAnswers = async (): Promise<boolean> => {
  try {
    return (
      (await runCommand('docker', ['version', '-f', '{{.Server.Version}}'], { timeoutMs: 10_000 }))
        .exitCode === 0
    );
  } catch {
    return false;
  }
};

/** Providers of this version. */
export type ProviderName = Provider['name'];

/** A provider, and why it was taken where the user left it open. */
export interface Decided {
  readonly name: ProviderName;
  readonly why?: string;
}

/** The provider, where the options alone tell it. */
export function providerAsked({ provider, cluster }: RunOptions): ProviderName | undefined {
  if (provider !== 'auto') return provider;
  return cluster.length > 0 ? 'kubeconfig' : undefined;
}

/** Which provider `auto` means here: embedded where nothing else can be. It never looks at the user's current context. */
export async function decideProvider(options: RunOptions): Promise<Decided> {
  const name = providerAsked(options);
  if (name !== undefined) return { name };
  const [docker, kind, istioctl] = await Promise.all([
    dockerAnswers(),
    which(options.kindBin),
    which(options.istioctlBin),
  ]);
  const missing = [
    ...(docker ? [] : ['Docker does not answer (docker version)']),
    ...(kind === undefined ? [`there is no ${options.kindBin} (--kind-bin)`] : []),
    ...(istioctl === undefined ? [`there is no ${options.istioctlBin} (--istioctl-bin)`] : []),
  ];
  if (missing.length === 0) return { name: 'kind' };
  return { name: 'embedded', why: `the embedded mesh was taken instead of kind: ${missing.join('; ')}` };
}

/** Makes the provider for one topology. */
export function createProvider(
  name: ProviderName,
  options: RunOptions,
  needs: {
    readonly clusters: readonly ClusterTopology[];
    readonly variant: VariantName;
    readonly scenarios: readonly Selected[];
  },
): Provider {
  const { clusters } = needs;
  if (name === 'kubeconfig') {
    return new KubeconfigProvider({
      // Another suite of the run may need more clusters than this one.
      sources: options.cluster
        .filter((source) => clusters.some((cluster) => cluster.name === source.name))
        .map((source) => ({ ...source, file: userPath(source.file) })),
      clusters,
      installMesh: options.installMesh,
      allowDisruption: options.allowDisruption,
      nodePorts: options.ingressAddress === 'node-port',
      pullSecret: pullSecretOf(options),
    });
  }
  if (name === 'embedded') {
    return new EmbeddedProvider({
      clusters,
      discovery: needs.variant !== 'replicated',
      timeScale: options.timeScale,
      defects: options.defect,
      keep: options.keep,
    });
  }
  return new KindProvider({
    program: options.kindBin,
    nodeImage: options.kindImage,
    images: imagesOf(options, needs.scenarios),
    clusters,
    reuse: options.reuse !== undefined,
  });
}

function imagesOf(options: RunOptions, scenarios: readonly Selected[]): string[] {
  const images = scenarios.flatMap(({ file, scenario }) => {
    const folders = { scenario: dirname(file.file), shared: appsDirectory };
    return Object.values(scenario.apps)
      .flat()
      .flatMap((app) => imagesIn(readApplication(app, folders)));
  });
  const { istioHub: hub, istioTag: tag } = options;
  const istio =
    hub === undefined || tag === undefined ? [] : [`${hub}/pilot:${tag}`, `${hub}/proxyv2:${tag}`];
  const placed = images
    .filter((image) => image !== INJECTED_IMAGE)
    .map((image) => imageFor(image, { images: options.image, imageHub: options.imageHub }));
  return [...new Set([...placed, ...istio])];
}
