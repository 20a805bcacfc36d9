/** What can go wrong between the harness and an API server, said for users: no stack, no secret, with a remedy. */

import { redact } from '../command/redact.ts';

/** The kinds of ClusterError. `api` is an answer of the API server that is not a success. */
export type ClusterErrorKind =
  | 'kubeconfig'
  | 'unreachable'
  | 'certificate'
  | 'timeout'
  | 'aborted'
  | 'no-such-kind'
  | 'object'
  | 'protocol'
  | 'api';

/** Anything that keeps the harness from using a cluster. `remedy` says what to do, where there is something to do. */
export class ClusterError extends Error {
  override readonly name: string = 'ClusterError';
  readonly kind: ClusterErrorKind;
  /** The cluster's name in the topology. */
  readonly cluster: string;
  readonly remedy: string | undefined;

  constructor(
    kind: ClusterErrorKind,
    cluster: string,
    told: { readonly message: string; readonly remedy?: string },
  ) {
    const tail = told.remedy === undefined ? '' : `\n  remedy: ${told.remedy}`;
    super(redact(`${cluster}: ${told.message}${tail}`));
    this.kind = kind;
    this.cluster = cluster;
    this.remedy = told.remedy;
  }
}

/** One field that the API server found wrong. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** The API's own error object (meta/v1 Status), as far as it is used. */
export interface Status {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly StatusCause[];
  };
}

/** An answer of 400 or above. `reason` is the API's machine-readable one, such as `NotFound` or `Invalid`. */
export class ApiError extends ClusterError {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;
  readonly details: Status['details'];

  constructor(cluster: string, request: string, answer: { readonly code: number; readonly body: string }) {
    const status = readStatus(answer.body);
    const said = describeStatus(status) || answer.body.trim().slice(0, 500) || 'no explanation';
    const remedy = remedyFor(answer.code, cluster);
    super('api', cluster, {
      message: `${request} was answered ${String(answer.code)}: ${said}`,
      ...(remedy === undefined ? {} : { remedy }),
    });
    this.status = answer.code;
    this.reason = status?.reason ?? '';
    this.details = status?.details;
  }
}

/** The Status object in a body, or undefined if the body is anything else. */
export function readStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return (value as { kind?: unknown }).kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The Status's message with every cause that it does not hold already. Empty if there is neither. */
export function describeStatus(status: Status | undefined): string {
  const message = status?.message ?? '';
  const causes = (status?.details?.causes ?? [])
    .map((cause) =>
      [cause.field, cause.message].filter((part) => part !== undefined && part !== '').join(': '),
    )
    .filter((cause) => cause !== '' && !message.includes(cause));
  return causes.length === 0 ? message : `${message} [${causes.join('; ')}]`;
}

/** Whether waiting may help: the server could not be reached, was overloaded or failed by itself. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429 || error.status >= 500;
  return error instanceof ClusterError && (error.kind === 'unreachable' || error.kind === 'timeout');
}

function remedyFor(code: number, cluster: string): string | undefined {
  if (code === 401)
    return `get a fresh kubeconfig for ${cluster}: its credentials are not (or no longer) valid`;
  if (code === 403)
    return `ask the administrator of ${cluster} for this right, then look: npx meshproof doctor`;
  return undefined;
}
