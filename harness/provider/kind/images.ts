import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../command/command.ts';

/** containerd writes the default registry out; Docker leaves it away. */
const normalised = (image: string): string => {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${first}`;
  return /[.:]|^localhost$/.test(first) ? image : `docker.io/${image}`;
};

/** Asked of containerd itself: every node image has its client. */
async function imagesOfNode(container: string): Promise<Set<string>> {
  const { stdout } = await run(
    'docker',
    ['exec', container, 'ctr', '--namespace', 'k8s.io', 'images', 'ls', '-q'],
    {
      timeoutMs: 30_000,
      wholeOutput: true,
    },
  );
  return new Set(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(normalised),
  );
}

async function isLocal(image: string): Promise<boolean> {
  const { exitCode } = await run('docker', ['image', 'inspect', image], {
    timeoutMs: 15_000,
    allowFailure: true,
  });
  return exitCode === 0;
}

/**
 * Hands images that the local Docker holds, and the node does not, to the node: one archive for all of them.
 * What neither holds is left to the node to pull.
 *
 * An archive of one platform, because `kind load docker-image` fails on multi-platform images in Docker's containerd
 * store (kind issues 3795 and 4224).
 */
export async function loadLocalImages(
  kind: { readonly program: string; readonly cluster: string; readonly container: string },
  images: readonly string[],
  directory: string,
): Promise<readonly string[]> {
  const present = await imagesOfNode(kind.container);
  const absent = images.filter((image) => !present.has(normalised(image)));
  const local = (
    await Promise.all(absent.map(async (image) => ((await isLocal(image)) ? [image] : [])))
  ).flat();
  if (local.length === 0) return [];
  const archive = join(directory, `${kind.cluster}-images.tar`);
  try {
    await run('docker', ['save', '-o', archive, ...local], { timeoutMs: 300_000 });
    await run(kind.program, ['load', 'image-archive', archive, '--name', kind.cluster], {
      timeoutMs: 300_000,
    });
  } finally {
    await rm(archive, { force: true });
  }
  return local;
}
