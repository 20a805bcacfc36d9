/** Remote secrets: kubeconfigs by which control planes read other clusters. What is secret in them does not leave this file. */
import { parseDocument } from 'yaml';
import type { Cluster } from '../../cluster/cluster.ts';
import { claimsIn, type TokenClaims } from '../../cluster/token-claims.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';

/** The label of remote secrets, as a selector. */
export const REMOTE_SECRETS = 'istio/multiCluster=true';

/** By what a control plane reads another cluster. */
export interface RemoteKubeconfig {
  /** The API server's URL. */
  readonly server: string | undefined;
  /** What the token tells; undefined if there is none. */
  readonly token: TokenClaims | undefined;
}

interface Kubeconfig {
  readonly clusters?: readonly { readonly cluster?: { readonly server?: string } }[];
  readonly users?: readonly { readonly user?: { readonly token?: string } }[];
}

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The entries of a cluster's remote secrets: the ID of another cluster, and its kubeconfig in base64. */
export async function remoteEntriesIn(
  cluster: Cluster,
): Promise<readonly (readonly [clusterId: string, base64: string])[]> {
  const secrets = await cluster.list<Secret>({
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: SYSTEM_NAMESPACE,
    labelSelector: REMOTE_SECRETS,
  });
  return secrets.flatMap(({ data }) => Object.entries(data ?? {}));
}

/**
 * One entry of a remote secret; undefined if it cannot be read. Never throws: an error of the parser would quote the line,
 * which may hold the token.
 */
export function readRemoteKubeconfig(base64: string): RemoteKubeconfig | undefined {
  try {
    const document = parseDocument(Buffer.from(base64, 'base64').toString('utf8'), { prettyErrors: false });
    if (document.errors.length > 0) return undefined;
    const config = document.toJS() as Kubeconfig | null;
    const token = config?.users?.[0]?.user?.token;
    return {
      server: config?.clusters?.[0]?.cluster?.server,
      token: token === undefined ? undefined : claimsIn(token),
    };
  } catch {
    return undefined;
  }
}
