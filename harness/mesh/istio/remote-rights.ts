import { kubectl } from '../../cluster/kubeconfig.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { readRemoteKubeconfig, REMOTE_SECRETS, remoteEntriesIn } from './remote-secret.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';

/** Something that could be done in a cluster. */
export interface Deed {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** @default in all namespaces: who may do it in some alone may not do it so */
  readonly namespace?: string;
}

/** An account, as the API server knows it. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

const RESOURCES: readonly (readonly [group: string, resource: string])[] = [
  ['', 'pods'],
  ['', 'services'],
  ['', 'endpoints'],
  ['', 'secrets'],
  ['', 'configmaps'],
  ['', 'namespaces'],
  ['', 'nodes'],
  ['', 'serviceaccounts'],
  ['apps', 'deployments'],
  ['apps', 'daemonsets'],
  ['discovery.k8s.io', 'endpointslices'],
  ['admissionregistration.k8s.io', 'mutatingwebhookconfigurations'],
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations'],
  ['rbac.authorization.k8s.io', 'clusterroles'],
  ['rbac.authorization.k8s.io', 'clusterrolebindings'],
  ['networking.istio.io', 'virtualservices'],
  ['networking.istio.io', 'destinationrules'],
  ['networking.istio.io', 'gateways'],
  ['security.istio.io', 'peerauthentications'],
  ['gateway.networking.k8s.io', 'gateways'],
];

/**
 * Every way to put a part of a data plane, or configuration, into a cluster. Not in it are the reviews by which istiod
 * checks callers (they change nothing) and ServiceExports of the Multi-Cluster Services API, which Istio's reader may make.
 */
export const WRITES: readonly Deed[] = RESOURCES.flatMap(([group, resource]) =>
  ['create', 'update', 'patch', 'delete'].map((verb) => ({ verb, group, resource })),
);

/** Kinds that are in no namespace. */
const WITHOUT_NAMESPACE: readonly string[] = [
  'namespaces',
  'nodes',
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
  'clusterroles',
  'clusterrolebindings',
];

/** The same in one namespace, as a Role may allow it. */
export const writesIn = (namespace: string): Deed[] =>
  WRITES.filter(({ resource }) => !WITHOUT_NAMESPACE.includes(resource)).map((deed) => ({
    ...deed,
    namespace,
  }));

/**
 * The account whose token a control plane reads another cluster with; undefined if it has no such Secret.
 *
 * @throws Error if the Secret cannot be read, or names no account; it quotes nothing of it
 */
export async function userOfRemoteSecret(cluster: Cluster, clusterId: string): Promise<User | undefined> {
  const [, encoded] = (await remoteEntriesIn(cluster)).find(([id]) => id === clusterId) ?? [];
  if (encoded === undefined) return undefined;
  const config = readRemoteKubeconfig(encoded);
  const unfit = (lacking: string): Error =>
    new Error(
      `the remote secret for ${clusterId} in ${cluster.name} holds no ${lacking}; its rights cannot be asked for; ` +
        `look: ${kubectl(cluster)} -n ${SYSTEM_NAMESPACE} get secrets -l ${REMOTE_SECRETS}`,
    );
  if (config === undefined) throw unfit('kubeconfig that can be read');
  if (config.token === undefined) throw unfit('token');
  const { sub: name } = config.token;
  if (name === undefined) throw unfit('token that names its account');
  const namespace = /^system:serviceaccount:([^:]+):/.exec(name)?.[1];
  const groups = [
    'system:authenticated',
    'system:serviceaccounts',
    ...(namespace === undefined ? [] : [`system:serviceaccounts:${namespace}`]),
  ];
  return { name, groups };
}

/** Which of the deeds an account may do in a cluster, asked of its API server (SubjectAccessReview). */
export async function mayDo(cluster: Cluster, user: User, deeds: readonly Deed[]): Promise<string[]> {
  const answers = await Promise.all(
    deeds.map(async ({ verb, group, resource, namespace }) => {
      const review = (await cluster.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: user.name,
            groups: user.groups,
            resourceAttributes: { verb, group, resource, ...(namespace === undefined ? {} : { namespace }) },
          },
        },
      })) as { status?: { allowed?: boolean } };
      const where = namespace === undefined ? '' : ` in ${namespace}`;
      return review.status?.allowed === true ? [`${verb} ${resource}${where}`] : [];
    }),
  );
  return answers.flat();
}
