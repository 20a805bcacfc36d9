import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { KubernetesObject } from '../cluster/types.ts';

const word = z.string().min(1);
const kubernetesObject = z.looseObject({
  apiVersion: word,
  kind: word,
  metadata: z.looseObject({ name: word }),
});

/**
 * The objects of a YAML file that `kubectl apply` would take. YAML 1.1, as kubectl reads it: `on` and `yes` are booleans.
 *
 * @throws Error that names the file and the place of each mistake
 */
export function readManifest(file: string | URL): KubernetesObject[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' });
  const mistakes = documents.flatMap((document) => document.errors.map((error) => error.message));
  if (mistakes.length > 0) throw new Error(`${String(file)}: ${mistakes.join('; ')}`);
  const objects = documents
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null && value !== undefined);
  return objects.map((object, index) => {
    const read = kubernetesObject.safeParse(object);
    if (read.success) return object as KubernetesObject;
    const expected = 'expected an object with apiVersion, kind and metadata.name';
    throw new Error(
      `${String(file)}: ${expected}, object ${String(index + 1)} is none. Look: kubectl apply --dry-run=client -f ${String(file)}`,
    );
  });
}
