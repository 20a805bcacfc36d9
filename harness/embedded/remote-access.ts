/** A kubeconfig that lets somebody in as a service account: what `istioctl create-remote-secret` makes. */
import { request } from 'node:https';
import { parse, stringify } from 'yaml';
import type { ApiServer } from './api-server/server.ts';

const LIFETIME_SECONDS = 24 * 3600;

/** Asks the API server for a token of the account, and writes a kubeconfig with it. */
export async function accountKubeconfig(
  api: ApiServer,
  who: { readonly cluster: string; readonly namespace: string; readonly account: string },
): Promise<string> {
  const { users } = parse(api.kubeconfig) as { users: readonly { user: { token: string } }[] };
  const path = `/api/v1/namespaces/${who.namespace}/serviceaccounts/${who.account}/token`;
  const answer = await post(new URL(path, api.url), {
    ca: api.caPem,
    token: users[0]?.user.token ?? '',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: LIFETIME_SECONDS },
    },
  });
  const { cluster } = who;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': cluster,
    clusters: [
      {
        name: cluster,
        cluster: {
          server: api.url,
          'certificate-authority-data': Buffer.from(api.caPem).toString('base64'),
        },
      },
    ],
    users: [{ name: cluster, user: { token: answer.status.token } }],
    contexts: [{ name: cluster, context: { cluster, user: cluster } }],
  });
}

function post(
  url: URL,
  what: { readonly ca: string; readonly token: string; readonly body: unknown },
): Promise<{ status: { token: string } }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: 'POST',
        ca: what.ca,
        headers: { authorization: `Bearer ${what.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 201 || response.statusCode === 200)
            resolve(JSON.parse(text) as { status: { token: string } });
          else reject(new Error(`the API server refused a token (${String(response.statusCode)}): ${text}`));
        });
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(what.body));
  });
}
