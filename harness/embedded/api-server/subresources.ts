/** `scale`, `log` and `token`. */
import type { ServerResponse } from 'node:http';
import type { Kubelet, Resource } from '../types.ts';
import { admit } from './admission.ts';
import { badRequest, conflict } from './errors.ts';
import { containerOf } from './exec.ts';
import { type Json, asRecord, equal, valueAt } from './json.ts';
import { recordUpdate } from './managers.ts';
import { type Answer, type Place, existing, patched, refOf, writerOf } from './resources.ts';
import { readBody } from './target.ts';
import type { Users } from './users.ts';

const FOLLOW_MS = 200;

function scaleOf({ metadata, spec, status }: Resource): Json {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const replicas = Number(asRecord(spec)['replicas'] ?? 0);
  const labels = asRecord(valueAt(spec, ['selector', 'matchLabels']));
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // The API leaves out a zero.
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(asRecord(status)['replicas'] ?? 0), selector: selector.join(',') },
  };
}

/** GET, PUT and PATCH of the number of replicas. */
export function serveScale(place: Place): Answer {
  const before = existing(place);
  const { asked, kind, store } = place;
  if (asked.method === 'GET') return { code: 200, body: scaleOf(before) };
  const wanted = asRecord(asked.method === 'PUT' ? readBody(asked) : patched(kind, scaleOf(before), asked));
  const version = asRecord(wanted['metadata'])['resourceVersion'];
  if (version !== undefined && !equal(version, before.metadata.resourceVersion)) {
    throw conflict(`${kind.plural} "${before.metadata.name}" has been modified`);
  }
  const replicas = asRecord(wanted['spec'])['replicas'] ?? 0;
  const scaled = admit(kind, { ...before, spec: { ...asRecord(before['spec']), replicas } }, before);
  const after = recordUpdate(before, scaled, writerOf(place));
  const dryRun = asked.query.get('dryRun') === 'All';
  const stored = dryRun ? after : (store.update(refOf(place), () => after) ?? after);
  return { code: 200, body: scaleOf(stored) };
}

/** GET of a container's log; `follow` goes on until the pod is gone or the client is. */
export function serveLog(place: Place, kubelet: Kubelet, response: ServerResponse): Answer | undefined {
  const { query } = place.asked;
  const pod = existing(place);
  const { name, namespace = '' } = pod.metadata;
  if (query.get('previous') === 'true')
    throw badRequest(`previous terminated container in pod "${name}" not found`);
  const where = { namespace, pod: name, container: containerOf(pod, query.get('container')) };
  const text = kubelet.logs(where);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(cut(text, query));
  if (query.get('follow') !== 'true') {
    response.end();
    return undefined;
  }
  let told = text.length;
  const timer = setInterval(() => {
    if (place.store.get(refOf(place))?.metadata.uid !== pod.metadata.uid) {
      response.end();
      return;
    }
    const now = kubelet.logs(where);
    response.write(now.slice(told));
    told = now.length;
  }, FOLLOW_MS);
  response.on('close', () => clearInterval(timer));
  return undefined;
}

function cut(text: string, query: URLSearchParams): string {
  const tail = query.get('tailLines');
  const limit = Number(query.get('limitBytes') ?? text.length) || text.length;
  const lines = text.split('\n');
  const ended = lines.at(-1) === '' ? 1 : 0;
  const from = tail === null ? 0 : Math.max(0, lines.length - ended - Number(tail));
  return Buffer.from(lines.slice(from).join('\n')).subarray(0, limit).toString('utf8');
}

/** POST of a TokenRequest for a service account. */
export function serveToken(place: Place, users: Users): Answer {
  const account = existing(place);
  const body = readBody(place.asked);
  const seconds = Number(asRecord(body['spec'])['expirationSeconds'] ?? 3600);
  const { token, expires } = users.issueToken(account, seconds);
  const status = { token, expirationTimestamp: expires.toISOString() };
  return {
    code: 201,
    body: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: body['spec'] ?? {}, status },
  };
}
