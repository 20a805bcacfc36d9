import type { AccessAttributes } from '../../cluster/access.ts';
import type { KubeconfigOptions } from './options.ts';

/**
 * When a right is needed: always, for some scenarios only, with --allow-disruption, with --install-mesh, with
 * --ingress-address node-port, or with --image-pull-secret.
 */
export type Need = 'always' | 'some' | 'disruption' | 'installation' | 'node-port' | 'pull-secret';

/** What a feature of the harness needs to be allowed to do. The least that suffices. */
export interface Right {
  readonly need: Need;
  /** What for, as the end of "needed to …". */
  readonly purpose: string;
  /** Empty for the core group. */
  readonly group: string;
  /** Plural, with a subresource as RBAC writes it: `pods/exec`. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Missing: in the whole cluster. The harness's own namespaces do not exist yet, so they are asked for like that. */
  readonly namespace?: string;
  /** Missing: whatever its name. */
  readonly name?: string;
}

const MESH = 'istio-system';
const READ = ['get', 'list'];
/** Server-side apply is a patch that may create. */
const OWN = ['get', 'list', 'create', 'patch', 'delete'];

/** Every right, in one place. */
export const rights: readonly Right[] = [
  {
    need: 'always',
    purpose: 'work in namespaces of its own',
    group: '',
    resources: ['namespaces'],
    verbs: OWN,
  },
  {
    need: 'always',
    purpose: 'deploy applications',
    group: '',
    resources: ['services', 'configmaps', 'serviceaccounts', 'pods'],
    verbs: OWN,
  },
  {
    need: 'always',
    purpose: 'put certificates and pull secrets into its namespaces',
    group: '',
    resources: ['secrets'],
    verbs: ['create', 'patch'], // and never read those of others
  },
  { need: 'always', purpose: 'deploy applications', group: 'apps', resources: ['deployments'], verbs: OWN },
  {
    need: 'always',
    purpose: 'scale its applications',
    group: 'apps',
    resources: ['deployments/scale'],
    verbs: ['get', 'patch'],
  },
  {
    need: 'always',
    purpose: 'see why pods do not start',
    group: 'apps',
    resources: ['replicasets'],
    verbs: READ,
  },
  {
    need: 'always',
    purpose: 'send requests from pods',
    group: '',
    resources: ['pods/exec'],
    verbs: ['create', 'get'], // get is what the API server asks for over WebSocket; from Kubernetes 1.35 on create too
  },
  { need: 'always', purpose: 'show logs of failed pods', group: '', resources: ['pods/log'], verbs: ['get'] },
  { need: 'always', purpose: 'show events', group: '', resources: ['events'], verbs: ['list'] },
  {
    need: 'always',
    purpose: 'wait until endpoints are there or gone',
    group: 'discovery.k8s.io',
    resources: ['endpointslices'],
    verbs: ['list'],
  },
  {
    need: 'always',
    purpose: 'configure routing of its applications',
    group: 'networking.istio.io',
    resources: ['virtualservices', 'destinationrules', 'gateways', 'serviceentries'],
    verbs: OWN,
  },
  {
    need: 'always',
    purpose: 'demand mutual TLS of its applications',
    group: 'security.istio.io',
    resources: ['peerauthentications', 'authorizationpolicies'],
    verbs: OWN,
  },
  {
    need: 'always',
    purpose: 'find the control plane',
    group: 'apps',
    resources: ['deployments'],
    verbs: READ,
    namespace: MESH,
  },
  {
    need: 'always',
    purpose: "read the root of trust and the mesh's configuration",
    group: '',
    resources: ['configmaps'],
    verbs: ['get'],
    namespace: MESH,
  },
  {
    need: 'some',
    purpose: 'ask control planes and gateways what they know (M1, M7, M9)',
    group: '',
    resources: ['pods/exec'],
    verbs: ['create', 'get'],
    namespace: MESH,
  },
  {
    need: 'some',
    purpose: 'look at the remote secrets (M7) and at what signs (M8)',
    group: '',
    resources: ['secrets'],
    verbs: READ,
    namespace: MESH,
  },
  {
    need: 'some',
    purpose: "see whose webhooks act on this cluster's pods (M7)",
    group: 'admissionregistration.k8s.io',
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    verbs: ['list'],
  },
  {
    need: 'some',
    purpose: 'see policies for the whole mesh',
    group: 'networking.istio.io',
    resources: ['sidecars', 'envoyfilters'],
    verbs: ['list'],
    namespace: MESH,
  },
  {
    need: 'some',
    purpose: "read the nodes' locality and clocks",
    group: '',
    resources: ['nodes'],
    verbs: ['list'],
  },
  {
    need: 'some',
    purpose:
      'route by the Gateway API where it is installed, and take ingress gateways away (suites with ingress)',
    group: 'gateway.networking.k8s.io',
    resources: ['gateways', 'httproutes'],
    verbs: OWN,
  },
  {
    need: 'some',
    purpose: 'see what the accounts in remote secrets may do (M7, P1)',
    group: 'authorization.k8s.io',
    resources: ['subjectaccessreviews'],
    verbs: ['create'],
  },
  {
    need: 'node-port',
    purpose: 'find a node that leads to ingress gateways',
    group: '',
    resources: ['nodes'],
    verbs: ['list'],
  },
  {
    need: 'disruption',
    purpose: 'stop and start control planes and gateways (M5, M9)',
    group: 'apps',
    resources: ['deployments/scale'],
    verbs: ['get', 'patch'],
    namespace: MESH,
  },
  { need: 'installation', purpose: 'install the mesh', group: '*', resources: ['*'], verbs: ['*'] },
];

/** The secret that images are pulled with, and no other. */
const pullSecretRight = (secret: { readonly namespace: string; readonly name: string }): Right => ({
  need: 'pull-secret',
  purpose: 'copy the secret that images are pulled with',
  group: '',
  resources: ['secrets'],
  verbs: ['get'],
  ...secret,
});

/** Rights that these options make necessary or useful. */
export function rightsFor(
  options: Pick<KubeconfigOptions, 'allowDisruption' | 'installMesh' | 'nodePorts' | 'pullSecret'>,
): Right[] {
  const needs = new Set<Need>(['always', 'some']);
  if (options.allowDisruption) needs.add('disruption');
  if (options.installMesh) needs.add('installation');
  if (options.nodePorts === true) needs.add('node-port');
  return [
    ...rights.filter(({ need }) => needs.has(need)),
    ...(options.pullSecret === undefined ? [] : [pullSecretRight(options.pullSecret)]),
  ];
}

/** A right as the questions that SelfSubjectAccessReview takes, one verb on one resource each. */
export function questionsOf(right: Right): AccessAttributes[] {
  return right.resources.flatMap((path) => {
    const [resource = '', subresource] = path.split('/');
    const { group, namespace, name } = right;
    return right.verbs.map((verb) => ({
      verb,
      group,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    }));
  });
}
