import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../cluster/types.ts';
import { readManifest } from '../mesh/manifests.ts';
import { imagesIn, readApplication } from './apps.ts';
import { imageFor, place, type Placement } from './place.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const apps = join(root, 'fixtures', 'apps');

const plain: Placement = {
  namespace: 'meshproof-r1-x',
  runId: 'r1',
  images: {},
  imageHub: undefined,
  imagePullSecret: undefined,
};

describe('the image for one of a manifest', () => {
  const image = 'docker.io/istio/examples-helloworld-v1:1.0';

  test.each([
    ['as it is', {}, image],
    [
      'by the name without registry and tag',
      { images: { 'examples-helloworld-v1': 'r:5000/h:2' } },
      'r:5000/h:2',
    ],
    ['by the whole name, which goes first', { images: { [image]: 'a', 'examples-helloworld-v1': 'b' } }, 'a'],
    ['below another hub', { imageHub: 'r:5000/mirror' }, 'r:5000/mirror/examples-helloworld-v1:1.0'],
    ['by name before hub', { images: { 'examples-helloworld-v1': 'a' }, imageHub: 'r' }, 'a'],
    ['not by a part of the name', { images: { examples: 'a', 'helloworld-v1': 'b' } }, image],
  ])('is taken %s', (_how, changed: Partial<Placement>, expected) => {
    expect(imageFor(image, { ...plain, ...changed })).toBe(expected);
  });
});

describe('a placed object', () => {
  test('is in the namespace, marked with the run, and keeps what it had', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', labels: { app: 'a' } },
      spec: {},
    };
    expect(place(service, plain)).toEqual({
      ...service,
      metadata: { name: 'a', namespace: 'meshproof-r1-x', labels: { app: 'a', 'meshproof.dev/run': 'r1' } },
    });
  });

  test('stays in a namespace that it names, and out of any if it belongs to the cluster', () => {
    const named = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'istio-system' } };
    const global = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'a' },
    };
    expect(place(named, plain).metadata.namespace).toBe('istio-system');
    expect(place(global, plain).metadata.namespace).toBeUndefined();
  });

  test('pulls the images of all its containers as asked, with the Secret', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: {
        template: { spec: { initContainers: [{ image: 'x/init:1' }], containers: [{ image: 'x/app:1' }] } },
      },
    };
    const placed = place(deployment, { ...plain, imageHub: 'r', imagePullSecret: 'pull' });
    expect(imagesIn([placed])).toEqual(['r/app:1', 'r/init:1']);
    expect(placed['spec']).toMatchObject({ template: { spec: { imagePullSecrets: [{ name: 'pull' }] } } });
  });
});

describe('an application', () => {
  test('beside the scenario goes before one that all share', () => {
    const beside = join(root, 'suites', 'multi-primary', 'second-revision');
    const names = (scenario: string, name: string): string[] =>
      readApplication(name, { scenario, shared: apps }).map(({ kind }) => kind);
    expect(names(beside, 'graceful-v1')).toEqual(['Deployment']);
    expect(names(beside, 'helloworld')).toEqual(['ServiceAccount', 'Service']);
  });

  test('that is nowhere is told with both places', () => {
    expect(() => readApplication('nothing', { scenario: '/a', shared: '/b' })).toThrow(
      'no manifest nothing: expected /a/nothing.yaml or /b/nothing.yaml',
    );
  });
});

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly seccompProfile?: { readonly type?: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Container {
  readonly name?: string;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly securityContext?: SecurityContext;
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** What a pod has that https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted forbids. */
function violations(pod: PodSpec): string[] {
  const ofPod = pod.securityContext ?? {};
  const volumes = (pod.volumes ?? []).filter((volume) => !VOLUMES.some((kind) => kind in volume));
  return [
    ...(pod.hostNetwork === true || pod.hostPID === true || pod.hostIPC === true ? ['host namespaces'] : []),
    ...volumes.map((volume) => `volume ${String(volume['name'])}`),
    ...[...(pod.containers ?? []), ...(pod.initContainers ?? [])].flatMap((container) => {
      const own = container.securityContext ?? {};
      const wrong = {
        privileged: own.privileged === true,
        'privilege escalation': own.allowPrivilegeEscalation !== false,
        'may be root': (own.runAsNonRoot ?? ofPod.runAsNonRoot) !== true,
        'is root': (own.runAsUser ?? ofPod.runAsUser) === 0,
        seccomp: !/^(RuntimeDefault|Localhost)$/.test(
          (own.seccompProfile ?? ofPod.seccompProfile)?.type ?? '',
        ),
        capabilities: own.capabilities?.drop?.includes('ALL') !== true || own.capabilities.add !== undefined,
        'port of the host': container.ports?.some(({ hostPort }) => hostPort !== undefined) === true,
      };
      return Object.entries(wrong).flatMap(([what, is]) => (is ? [`${container.name ?? ''}: ${what}`] : []));
    }),
  ];
}

const podOf = (object: KubernetesObject): PodSpec | undefined =>
  (object['spec'] as { template?: { spec?: PodSpec } } | undefined)?.template?.spec;

const deployments = globSync(['fixtures/apps/*.yaml', 'suites/**/*.yaml'], { cwd: root })
  .filter((file) => basename(file) !== 'topology.yaml')
  .flatMap((file) => readManifest(join(root, file)).map((object) => ({ file, object })))
  .flatMap(({ file, object }) => {
    const pod = podOf(object);
    return pod === undefined ? [] : [{ name: `${object.metadata.name} of ${basename(dirname(file))}`, pod }];
  });

describe('the restricted Pod Security Standard', () => {
  test.each(deployments)('is met by $name', ({ pod }) => {
    expect(violations(pod)).toEqual([]);
  });

  test('is asked of every application that scenarios deploy', () => {
    const text = globSync('suites/**/scenario.ts', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    expect(text.join('')).toContain('helloworld-v1');
    expect(deployments.length).toBeGreaterThanOrEqual(6);
  });

  test.each([
    ['may be root', { securityContext: {} }],
    ['host namespaces', { hostNetwork: true }],
    ['volume v', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
    ['privilege escalation', { containers: [{ name: 'c' }] }],
    [
      'capabilities',
      {
        containers: [{ name: 'c', securityContext: { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } } }],
      },
    ],
    ['port of the host', { containers: [{ name: 'c', ports: [{ hostPort: 80 }] }] }],
  ])('would be seen to be broken: %s', (what, change) => {
    const sound = deployments[0]?.pod ?? {};
    expect(violations({ ...sound, ...change }).join('\n')).toContain(what);
  });
});
