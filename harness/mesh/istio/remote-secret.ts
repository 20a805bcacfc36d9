import { parseDocument } from 'yaml';

/** By what a control plane reads another cluster. */
export interface RemoteKubeconfig {
  /** The API server's URL. */
  readonly server: string | undefined;
  /** Secret: it must not leave whoever asks for it. */
  readonly token: string | undefined;
}

interface Kubeconfig {
  readonly clusters?: readonly { readonly cluster?: { readonly server?: string } }[];
  readonly users?: readonly { readonly user?: { readonly token?: string } }[];
}

/**
 * One entry of a remote secret, a kubeconfig in base64; undefined if it cannot be read. Never throws: an error of the
 * parser would quote the line, which may hold the token.
 */
export function readRemoteKubeconfig(base64: string): RemoteKubeconfig | undefined {
  try {
    const document = parseDocument(Buffer.from(base64, 'base64').toString('utf8'), { prettyErrors: false });
    if (document.errors.length > 0) return undefined;
    const config = document.toJS() as Kubeconfig | null;
    return { server: config?.clusters?.[0]?.cluster?.server, token: config?.users?.[0]?.user?.token };
  } catch {
    return undefined;
  }
}
