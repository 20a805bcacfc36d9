import type { ObjectRef } from '../cluster/objects.ts';
import type { KubernetesObject } from '../cluster/types.ts';

/** What texts in a manifest stand for: other texts, or a map (of labels, of ports), where what is replaced is its only value. */
export type Meanings = Readonly<Record<string, string | Readonly<Record<string, string | number>>>>;

/** The same object with texts in it replaced by what they stand for. */
export function replaced(object: KubernetesObject, by: Meanings): KubernetesObject {
  const meanings = Object.entries(by);
  const meant = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return meanings.reduce(
        (text, [from, to]) => (typeof to === 'string' ? text.replaceAll(from, to) : text),
        value,
      );
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const values: readonly unknown[] = Object.values(value);
    const [only] = values;
    if (values.length !== 1 || (typeof only !== 'string' && typeof only !== 'number')) return value;
    return meanings.find(([from, to]) => from === String(only) && typeof to === 'object')?.[1] ?? value;
  };
  return JSON.parse(JSON.stringify(object), (_key, value: unknown) => meant(value)) as KubernetesObject;
}

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
