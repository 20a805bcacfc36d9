import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { about } from '../provider/preflight/findings.ts';
import { checkTool } from '../provider/preflight/tool.ts';
import type { Version } from '../provider/preflight/version.ts';
import type { Finding } from '../provider/types.ts';

/** Older ones install control planes that are no longer supported, and were never tried. */
const MINIMUM: Version = [1, 24, 0];

/** What Istio is going to be installed with. */
export interface IstioctlRequest {
  /** Name in PATH, or path. */
  readonly program: string;
  /** Files with IstioOperator settings. */
  readonly overlays: readonly string[];
}

/** Can istioctl install with these settings? Touches no cluster. */
export async function istioctlPreflight({ program, overlays }: IstioctlRequest): Promise<Finding[]> {
  const [tool, ...files] = await Promise.all([
    checkTool({
      name: 'istioctl',
      program,
      versionArgs: ['version', '--remote=false'],
      minimum: MINIMUM,
      install: 'install istioctl: https://istio.io/latest/docs/setup/getting-started/#download',
      option: '--istioctl-bin',
    }),
    ...overlays.map(checkOverlay),
  ]);
  return [...tool.findings, ...files.flat()];
}

async function checkOverlay(file: string): Promise<Finding[]> {
  const say = about('install values');
  const expected = `${file} should hold an IstioOperator (apiVersion: install.istio.io/v1alpha1)`;
  const text = await readFile(file, 'utf8').catch((error: unknown) => error as NodeJS.ErrnoException);
  if (typeof text !== 'string')
    return [say.error(`${file} cannot be read (${text.code ?? text.message})`, `ls -l ${file}`)];
  const documents = parseAllDocuments(text);
  if (documents.length === 0) return [say.error(`${expected}; it is empty`, `see: less ${file}`)];
  const [mistake] = documents.flatMap(({ errors }) => errors);
  if (mistake !== undefined)
    return [say.error(`${file} is not YAML: ${mistake.message.split('\n')[0] ?? ''}`, `see: less ${file}`)];
  const others = documents
    .map((document) => document.toJS() as { readonly kind?: string } | null)
    .filter((value) => value?.kind !== 'IstioOperator');
  if (others.length === 0) return [];
  return [say.error(`${expected}; it holds kind ${others[0]?.kind ?? 'none'}`, `see: less ${file}`)];
}
