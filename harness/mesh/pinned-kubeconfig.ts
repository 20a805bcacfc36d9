import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument, stringify } from 'yaml';

type Fields = Record<string, unknown>;

interface Kubeconfig extends Fields {
  readonly clusters?: readonly { readonly cluster?: Fields }[];
  readonly users?: readonly { readonly user?: Fields }[];
}

/** Fields that hold paths, which are relative to the file's folder. */
const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/**
 * Copies a kubeconfig with another current context, for programs that are handed one file and nothing else. The copy
 * holds the same secrets, and only its owner may read it.
 */
export async function pinContext(from: string, context: string, to: string): Promise<void> {
  // prettyErrors would quote the line, which may hold a token.
  const document = parseDocument(await readFile(from, 'utf8'), { prettyErrors: false });
  if (document.errors.length > 0) throw new Error(`kubeconfig ${from} is not YAML`);
  const config = document.toJS() as Kubeconfig;
  const folder = dirname(resolve(from));
  const pinned = {
    ...config,
    'current-context': context,
    clusters: config.clusters?.map((entry) => ({ ...entry, cluster: absolute(entry.cluster ?? {}, folder) })),
    users: config.users?.map((entry) => ({ ...entry, user: absolute(entry.user ?? {}, folder) })),
  };
  await writeFile(to, stringify(pinned), { mode: 0o600 });
}

function absolute(fields: Fields, folder: string): Fields {
  const paths = PATHS.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? [[name, resolve(folder, value)] as const] : [];
  });
  const plugin = fields['exec'] as Fields | undefined;
  const command = plugin?.['command'];
  const exec =
    typeof command === 'string' && command.includes('/')
      ? { ...plugin, command: resolve(folder, command) }
      : plugin;
  return { ...fields, ...Object.fromEntries(paths), ...(exec === undefined ? {} : { exec }) };
}
