import { kubectl } from '../../cluster/kubeconfig.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import { about } from '../../provider/preflight/findings.ts';
import type { Finding } from '../../provider/types.ts';
import type { MeshMember } from '../preflight.ts';

interface PeerAuthentication extends KubernetesObject {
  readonly spec?: { readonly mtls?: { readonly mode?: string }; readonly selector?: unknown };
}

/** Does a policy for the whole mesh turn mutual TLS off? Endpoints behind it are not offered to other networks. */
export async function checkMutualTls({ name, client }: MeshMember): Promise<Finding[]> {
  const apiVersion = 'security.istio.io/v1';
  const policies = await client
    .list<PeerAuthentication>({ apiVersion, kind: 'PeerAuthentication', namespace: 'istio-system' })
    .catch(() => []);
  const say = about(name);
  return policies
    .filter(({ spec }) => spec?.selector === undefined)
    .flatMap(({ metadata, spec }) => {
      const policy = `PeerAuthentication istio-system/${metadata.name}`;
      if (spec?.mtls?.mode === 'STRICT') return [say.info(`${policy} demands mutual TLS in the whole mesh`)];
      if (spec?.mtls?.mode !== 'DISABLE') return [];
      const remedy = `${kubectl(client)} -n istio-system edit peerauthentication ${metadata.name}`;
      return [
        say.warning(
          `${policy} turns mutual TLS off in the whole mesh; nothing passes between networks`,
          remedy,
        ),
      ];
    });
}
