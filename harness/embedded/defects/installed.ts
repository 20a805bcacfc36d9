/** Changes of what is installed, from which defects are made. */
import type { Resource } from '../types.ts';
import type { Defect } from './types.ts';

export const GATEWAY = 'istio-eastwestgateway';

/** Changes the objects of a kind, or the one with the name, in all clusters but the first. */
export const elsewhere =
  (
    kind: string,
    change: (object: Resource) => Resource | undefined,
    name?: string,
  ): NonNullable<Defect['object']> =>
  (object, { isFirst }) =>
    !isFirst && object.kind === kind && (name ?? object.metadata.name) === object.metadata.name
      ? change(object)
      : object;

export const withSpec = (object: Resource, fields: Readonly<Record<string, unknown>>): Resource => ({
  ...object,
  spec: { ...(object['spec'] as object), ...fields },
});
