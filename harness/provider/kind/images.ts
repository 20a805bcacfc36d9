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
async function imagesOfNode(container: string, signal: AbortSignal): Promise<Set<string>> {
  const words = ['exec', container, 'ctr', '--namespace', 'k8s.io', 'images', 'ls', '-q'];
  const { stdout } = await run('docker', words, { timeoutMs: 30_000, wholeOutput: true, signal });
  return new Set(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(normalised),
  );
}

interface LocalImage {
  readonly name: string;
  /** OS/ARCHITECTURE */
  readonly platform: string;
}

async function localImage(name: string, signal: AbortSignal): Promise<LocalImage[]> {
  const { exitCode, stdout } = await run(
    'docker',
    ['image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', name],
    { timeoutMs: 15_000, allowFailure: true, signal },
  );
  return exitCode === 0 ? [{ name, platform: stdout.trim() }] : [];
}

/** How the copying of images is done, and heard of. */
export interface Copying {
  /** For the archive, while it is needed. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * Hands images that the local Docker holds, and the node does not, to the node: one archive for all of them.
 * What neither holds, or cannot be handed over, is left to the node to pull.
 *
 * An archive of one platform, because images of several fail in the node where Docker keeps them in containerd's store and
 * has not pulled all of them (kind issues 3795 and 4224). Engines before API 1.48 know no such choice, and need none.
 */
export async function loadLocalImages(
  kind: { readonly program: string; readonly cluster: string; readonly container: string },
  images: readonly string[],
  { directory, signal, say }: Copying,
): Promise<readonly string[]> {
  const present = await imagesOfNode(kind.container, signal);
  const absent = images.filter((image) => !present.has(normalised(image)));
  const local = (await Promise.all(absent.map((image) => localImage(image, signal)))).flat();
  const [first] = local;
  if (first === undefined) return [];
  const archive = join(directory, `${kind.cluster}-images.tar`);
  const names = local.map(({ name }) => name);
  const save = async (...platform: readonly string[]): Promise<unknown> =>
    run('docker', ['save', ...platform, '-o', archive, ...names], { timeoutMs: 300_000, signal });
  try {
    await save('--platform', first.platform).catch(async () => save());
    const load = ['load', 'image-archive', archive, '--name', kind.cluster];
    await run(kind.program, load, { timeoutMs: 300_000, signal });
    return names;
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    say(`${kind.cluster} has to pull its images itself: ${why}`);
    return [];
  } finally {
    await rm(archive, { force: true });
  }
}
