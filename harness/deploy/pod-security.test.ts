import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../cluster/types.ts';
import { readManifest } from '../mesh/manifests.ts';
import { scenariosOf, suiteNames } from '../select.ts';
import { readApplication } from './apps.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

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

const inFolder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && basename(file) !== 'topology.yaml')
    .map((file) => join(folder, file));

const deployments = [...inFolder('fixtures/apps'), ...inFolder('suites')].flatMap((file) =>
  readManifest(join(root, file)).flatMap((object) => {
    const pod = podOf(object);
    return pod === undefined ? [] : [{ name: object.metadata.name, file, pod }];
  }),
);

describe('the restricted Pod Security Standard', () => {
  test.each(deployments)('is met by $name in $file', ({ pod }) => {
    expect(violations(pod)).toEqual([]);
  });

  test('is asked of every application that a scenario deploys', async () => {
    const scenarios = (await Promise.all(suiteNames(root).map((suite) => scenariosOf(root, suite)))).flat();
    const looked = new Set(deployments.map(({ name }) => name));
    const deployed = scenarios.flatMap(({ file, scenario }) => {
      const folders = { scenario: dirname(file.file), shared: join(root, 'fixtures', 'apps') };
      const objects = Object.values(scenario.apps)
        .flat()
        .flatMap((app) => readApplication(app, folders));
      return objects.filter((object) => podOf(object) !== undefined).map(({ metadata }) => metadata.name);
    });
    expect(deployed.length).toBeGreaterThan(0);
    expect(deployed.filter((name) => !looked.has(name))).toEqual([]);
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
