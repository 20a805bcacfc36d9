import type { ObjectRef } from '../cluster/objects.ts';
import type { KubernetesObject } from '../cluster/types.ts';

/** The same object with texts in it replaced by others. */
export const replaced = (object: KubernetesObject, by: Readonly<Record<string, string>>): KubernetesObject =>
  JSON.parse(JSON.stringify(object), (_key, value: unknown) =>
    typeof value === 'string'
      ? Object.entries(by).reduce((text, [from, to]) => text.replaceAll(from, to), value)
      : value,
  ) as KubernetesObject;

/** RFC 3339: sorts as text. */
export const createdAt = ({ metadata }: KubernetesObject): string => {
  const time = metadata['creationTimestamp'];
  return typeof time === 'string' ? time : '';
};

/** What names an object. */
export const refOf = ({ apiVersion, kind, metadata }: KubernetesObject): ObjectRef => ({
  apiVersion,
  kind,
  name: metadata.name,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
});
