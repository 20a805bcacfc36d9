import type { KubernetesObject } from './types.ts';

/**
 * One thing that a controller says of an object.
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
 */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** All that is said of an object. */
export const conditionsOf = (object: KubernetesObject | undefined): readonly Condition[] =>
  (object?.['status'] as { readonly conditions?: readonly Condition[] } | undefined)?.conditions ?? [];

/** The condition of this type, if it has this status. */
export const conditionOf = (
  object: KubernetesObject | undefined,
  type: string,
  status: 'True' | 'False' = 'True',
): Condition | undefined =>
  conditionsOf(object).find((condition) => condition.type === type && condition.status === status);
