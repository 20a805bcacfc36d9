/** Logs of containers. */
import type { Connection } from './connection.ts';
import { send } from './request.ts';

/** Which log, and how much of it. */
export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string | undefined;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** The log of the container's previous run, which crashed. @default false */
  readonly previous?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A log is not followed, and cut by the server after this. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/** The log as text. */
export async function readLog(connection: Connection, request: LogRequest): Promise<string> {
  const { namespace, pod, container, tailLines, sinceSeconds, previous, signal } = request;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const query = { container, tailLines, sinceSeconds, previous, limitBytes: LIMIT_BYTES };
  return (await send(connection, { method: 'GET', path }, { query, signal })).body;
}
