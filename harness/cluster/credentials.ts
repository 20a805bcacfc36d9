/** Looks at credentials before they are used: what is expired or broken is said in words, not as a TLS alert. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ClusterError } from './errors.ts';
import type { Access, KubeconfigSource } from './kubeconfig.ts';
import { claimsIn } from './token-claims.ts';

/** Throws ClusterError of kind `kubeconfig` if the certificates or a JSON web token cannot work at `nowMs`. */
export function checkCredentials(source: KubeconfigSource, access: Access, nowMs: number = Date.now()): void {
  const fail = (message: string): never => {
    throw new ClusterError('kubeconfig', source.name, {
      message: `${message} (kubeconfig ${source.kubeconfig}, context ${access.context})`,
      remedy: `get a fresh kubeconfig for ${source.name} (a kind cluster's: kind get kubeconfig --name CLUSTER)`,
    });
  };
  if (!/^https?:\/\/[^/]/.test(access.server))
    fail(`server ${JSON.stringify(access.server)} is not an https URL`);
  try {
    // A CA that is not a certificate is silently left out by createSecureContext, and then every server is distrusted.
    if (access.tls.ca !== undefined) new X509Certificate(access.tls.ca);
    createSecureContext({ ca: access.tls.ca, cert: access.tls.cert, key: access.tls.key });
  } catch (error) {
    fail(`the certificates cannot be used: ${(error as Error).message}`);
  }
  const expired = certificateExpiry(access.tls.cert) ?? tokenExpiry(access.headers['Authorization']);
  if (expired !== undefined && expired <= nowMs) {
    fail(`the credentials expired at ${new Date(expired).toISOString()}`);
  }
}

function certificateExpiry(pem: string | Buffer | undefined): number | undefined {
  if (pem === undefined) return undefined;
  return Date.parse(new X509Certificate(pem).validTo);
}

/** When a bearer token ends, in milliseconds since 1970, if it says so. */
function tokenExpiry(authorization: unknown): number | undefined {
  const [, token] = /^Bearer (.+)$/.exec(typeof authorization === 'string' ? authorization : '') ?? [];
  return token === undefined ? undefined : claimsIn(token).expiresMs;
}
