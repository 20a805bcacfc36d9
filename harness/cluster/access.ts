/** What this user may do, the server's version and its clock. */
import type { Connection } from './connection.ts';
import { send, sendJson } from './request.ts';

/** One right, as RBAC names it. */
export interface AccessAttributes {
  readonly verb: string;
  /** Empty or missing for the core group. */
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Missing: in the whole cluster. */
  readonly namespace?: string;
  /** Missing: whatever its name. */
  readonly name?: string;
}

/** Asks the API server by SelfSubjectAccessReview. */
export async function mayI(connection: Connection, attributes: AccessAttributes): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: attributes },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = (await sendJson(connection, { method: 'POST', path }, { body })) as {
    status?: { allowed?: boolean };
  };
  return review.status?.allowed === true;
}

/** Such as `v1.34.0`. */
export async function readVersion(connection: Connection): Promise<string> {
  const version = (await sendJson(connection, { method: 'GET', path: '/version' })) as {
    gitVersion?: string;
  };
  return version.gitVersion ?? 'unknown';
}

/**
 * The server's clock and ours at the same moment, milliseconds since the epoch. The Date header counts whole seconds, so
 * the half second is added and the difference is good to about a second.
 */
export async function readClock(connection: Connection): Promise<{ serverMs: number; localMs: number }> {
  const began = Date.now();
  const { headers } = await send(connection, { method: 'GET', path: '/version' });
  const localMs = (began + Date.now()) / 2;
  const date = Date.parse(String(headers['date']));
  return { serverMs: Number.isNaN(date) ? localMs : date + 500, localMs };
}
