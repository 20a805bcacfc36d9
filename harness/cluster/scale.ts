/** Scaling a Deployment through its scale subresource, with the times that failover is measured from. */
import { type Api, patchObject } from './objects.ts';
import { sendJson } from './request.ts';

/** When the event began and ended, local times in milliseconds since the epoch, and how many replicas there were. */
export interface Scaled {
  readonly before: number;
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

/** Sets the number of replicas; does not wait for pods. */
export async function scaleDeployment(
  api: Api,
  ref: { readonly namespace: string; readonly name: string },
  replicas: number,
): Promise<Scaled> {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', ...ref };
  const path = `${await api.discovery.path(deployment)}/scale`;
  const seen = (await sendJson(api.connection, { method: 'GET', path })) as { spec?: { replicas?: number } };
  const body = { spec: { replicas } };
  const sentMs = Date.now();
  await patchObject(api, deployment, { body, options: { subresource: 'scale' } });
  // The API leaves out a zero.
  return { before: seen.spec?.replicas ?? 0, sentMs, acknowledgedMs: Date.now() };
}
