import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../cluster/types.ts';

/**
 * The objects of a YAML file that `kubectl apply` would take. YAML 1.1, as kubectl reads it: `on` and `yes` are booleans.
 *
 * @throws Error that names the file and the place of each mistake
 */
export function readManifest(file: string | URL): KubernetesObject[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' });
  const mistakes = documents.flatMap((document) => document.errors.map((error) => error.message));
  if (mistakes.length > 0) throw new Error(`${String(file)}: ${mistakes.join('; ')}`);
  return documents.flatMap((document) => {
    const value = document.toJS() as KubernetesObject | null | undefined;
    return value === null || value === undefined ? [] : [value];
  });
}
