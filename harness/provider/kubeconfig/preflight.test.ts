import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { answer, SECRET_TOKEN, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { providerOfTwo, startTwo } from '../../../fixtures/existing-clusters.ts';
import type { AccessAttributes } from '../../cluster/access.ts';
import type { Finding } from '../types.ts';
import { KubeconfigProvider } from './kubeconfig.ts';
import type { KubeconfigOptions } from './options.ts';
import { questionsOf, rights } from './rights.ts';

interface Granting {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

let first: FakeApiServer;
let second: FakeApiServer;

beforeEach(async () => {
  [first, second] = await startTwo();
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

const providerOf = (changed: Partial<KubeconfigOptions> = {}): Promise<KubeconfigProvider> =>
  providerOfTwo([first, second], changed);

const preflight = async (changed: Partial<KubeconfigOptions> = {}): Promise<Finding[]> =>
  (await providerOf(changed)).preflight();

const one = (subject: string, severity: Finding['severity'], message: RegExp): unknown =>
  expect.objectContaining({ subject, severity, message: expect.stringMatching(message) as string });

describe('preflight', () => {
  test('two clusters that answer are no finding', async () => {
    expect(await preflight()).toEqual([]);
  });

  test('runs that have namespaces there are told, with when they began and what to do', async () => {
    const labels = { 'meshproof.dev/run': '0101-0000-aaa' };
    for (const [name, creationTimestamp] of [
      ['meshproof-b', '2026-01-01T00:01:00Z'],
      ['meshproof-a', '2026-01-01T00:00:00Z'],
    ] as const)
      first.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, creationTimestamp } });
    const found = await preflight();
    expect(found).toEqual([
      one('cluster1', 'warning', /^namespaces of run 0101-0000-aaa are there since 2026-01-01T00:00:00Z \(/),
    ]);
    expect(found[0]?.remedy).toContain('npx meshproof clean 0101-0000-aaa');
  });

  test('an unreadable file and an unreachable cluster are told together, each with a remedy', async () => {
    const dead = await second.kubeconfig({
      cluster: { server: `https://127.0.0.1:${String(await closedPort())}` },
    });
    const found = await preflight({
      sources: [
        { name: 'cluster1', file: '/nonexistent/kubeconfig' },
        { name: 'cluster2', file: dead, context: 'fixture' },
      ],
    });
    expect(found).toEqual([
      one('cluster1', 'error', /^kubeconfig \/nonexistent\/kubeconfig cannot be read \(ENOENT\)$/),
      one('cluster2', 'error', /no answer from https:.*ECONNREFUSED/),
    ]);
    expect(found[0]?.remedy).toBe('ls -l /nonexistent/kubeconfig');
    expect(found[1]?.remedy).toContain(`kubectl --kubeconfig ${dead} --context fixture get --raw /readyz`);
  });

  test('credentials that are refused or expired are told without the token', async () => {
    second.tokens.clear();
    const old = await first.authority.issue({ name: 'jane', notAfter: new Date(Date.now() - 1000) });
    const user = {
      'client-certificate-data': Buffer.from(old.cert).toString('base64'),
      'client-key-data': Buffer.from(old.key).toString('base64'),
    };
    const found = await preflight({
      sources: [
        { name: 'cluster1', file: await first.kubeconfig({ user }) },
        { name: 'cluster2', file: await second.kubeconfig() },
      ],
    });
    expect(found).toEqual([
      one('cluster1', 'error', /credentials expired at/),
      one('cluster2', 'error', /answered 401: Unauthorized/),
    ]);
    expect(found[1]?.remedy).toContain('fresh kubeconfig');
    expect(JSON.stringify(found)).not.toContain(SECRET_TOKEN);
  });

  test('a name that the topology has not got is told with those that it has, and what is absent too', async () => {
    const found = await preflight({ sources: [{ name: 'clustr1', file: await first.kubeconfig() }] });
    expect(found).toEqual([
      one('clustr1', 'error', /no such cluster \(did you mean cluster1\?\); it has cluster1, cluster2/),
      one('cluster1', 'error', /cluster1 is not given/),
      one('cluster2', 'error', /cluster2 is not given/),
    ]);
  });

  test('one cluster under two names is told, whatever the file', async () => {
    const sources = [
      { name: 'cluster1', file: await first.kubeconfig() },
      { name: 'cluster2', file: await first.kubeconfig({ context: 'other' }) },
    ];
    expect(await preflight({ sources })).toEqual([
      one('cluster2', 'error', /cluster2 and cluster1 are the same cluster \(kube-system uid-0\)/),
    ]);
  });

  describe('with --install-mesh', () => {
    const besides = async (changed: Partial<KubeconfigOptions> = {}): Promise<Finding[]> =>
      (await preflight({ installMesh: true, ...changed })).filter(
        ({ message }) => !message.includes('cannot reach that'), // the fixtures are on the loopback
      );
    const definition = (name: string): void => {
      second.put({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name },
      });
    };
    const webhook = (labels: Record<string, string>): void => {
      second.put({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'vendor-injector', labels },
      });
    };

    test('a mesh is not installed beside one that is there', async () => {
      second.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
      const [found, ...more] = await besides();
      expect(more).toEqual([]);
      expect(found).toEqual(
        one(
          'cluster2',
          'error',
          /expects a cluster without a mesh.*there is a namespace istio-system already$/,
        ),
      );
      expect(found?.remedy).toMatch(/kubectl --kubeconfig \S+ get namespace istio-system$/);
      expect(await besides({ installMesh: false })).toEqual([]);
    });

    test("a cluster with Istio's definitions alone is refused, for they would be deleted with all their objects", async () => {
      definition('virtualservices.networking.istio.io');
      definition('gateways.networking.istio.io');
      definition('gateways.gateway.networking.k8s.io');
      const [found, ...more] = await besides();
      expect(more).toEqual([]);
      expect(found).toEqual(
        one('cluster2', 'error', /the definition virtualservices\.networking\.istio\.io and 1 more already$/),
      );
      expect(found?.remedy).toMatch(/get customresourcedefinitions -o name \| grep '\[\.\]istio\[\.\]io\$'$/);
    });

    test("a cluster whose pods a mesh elsewhere injects is refused; others' webhooks do not matter", async () => {
      definition('certificates.cert-manager.io');
      webhook({ app: 'cert-manager' });
      expect(await besides()).toEqual([]);
      webhook({ app: 'sidecar-injector' });
      expect(await besides()).toEqual([
        one('cluster2', 'error', /the MutatingWebhookConfiguration vendor-injector, which injects proxies$/),
      ]);
    });

    test('a cluster whose definitions may not be looked at is refused, too', async () => {
      second.override(/GET .*\/customresourcedefinitions$/, (response) => {
        answer(response, 403, { kind: 'Status', message: 'it is forbidden' });
      });
      expect(await besides()).toEqual([one('cluster2', 'error', /cannot be seen: .*forbidden/)]);
    });
  });

  test('an old API server is told with its version', async () => {
    first.override(/GET \/version/, (response) => {
      answer(response, 200, { gitVersion: 'v1.26.15-eks-1' });
    });
    expect(await preflight()).toEqual([
      one('cluster1', 'error', /1\.30 or later is needed; the API server is v1\.26\.15/),
    ]);
  });

  test('an API server on the loopback matters only to a mesh that is to be installed', async () => {
    const found = await preflight({ installMesh: true });
    expect(found).toEqual(['cluster1', 'cluster2'].map((name) => one(name, 'error', /cannot reach that/)));
  });
});

describe('clocks', () => {
  const shift = (server: FakeApiServer, ms: number): void => {
    server.override(/GET \/version/, (response) => {
      response.setHeader('date', new Date(Date.now() + ms).toUTCString());
      answer(response, 200, { gitVersion: 'v1.34.0' });
    });
  };

  test('a clock 40 s behind is a warning, 25 s are none', async () => {
    shift(first, -40_000);
    shift(second, 25_000);
    expect(await preflight()).toEqual([one('cluster1', 'warning', /clock is (39|40) s behind this machine/)]);
  });

  test('two that are near enough to us can be too far from each other', async () => {
    shift(first, -20_000);
    shift(second, 20_000);
    expect(await preflight()).toEqual([
      one('clocks', 'warning', /cluster1 and cluster2 are (39|40|41) s apart/),
    ]);
  });
});

describe('rights', () => {
  /** Answers yes to all questions but these. */
  function refuse(server: FakeApiServer, refused: (asked: AccessAttributes) => boolean): void {
    server.override(/selfsubjectaccessreviews$/, (response, { body }) => {
      const { spec } = JSON.parse(body) as { spec: { resourceAttributes: AccessAttributes } };
      answer(response, 201, { status: { allowed: !refused(spec.resourceAttributes) } });
    });
    server.override(/selfsubjectreviews$/, (response) => {
      answer(response, 201, { status: { userInfo: { username: 'jane' } } });
    });
  }
  const admin = ({ verb, resource }: AccessAttributes): boolean => verb === '*' && resource === '*';

  test('all rights but that of an administrator suffice', async () => {
    refuse(first, admin);
    expect(await preflight({ allowDisruption: true })).toEqual([]);
  });

  test('what is missing is listed once, with YAML that grants exactly what the table holds', async () => {
    refuse(
      first,
      (asked) =>
        admin(asked) ||
        asked.subresource === 'exec' ||
        (asked.resource === 'gateways' && asked.group === 'networking.istio.io' && asked.verb === 'delete'),
    );
    const [error, warning, ...more] = await preflight();
    expect(error).toEqual(
      one(
        'cluster1',
        'error',
        /^jane may not:\n {2}create, get pods\/exec, to send requests from pods\n {2}delete gateways\.networking\.istio\.io, to configure routing of its applications$/,
      ),
    );
    expect(warning).toEqual(
      one('cluster1', 'warning', /create, get pods\/exec in istio-system, to ask control planes/),
    );
    expect(more).toEqual([]);
    for (const [finding, name, need] of [
      [error, 'meshproof', 'always'],
      [warning, 'meshproof-optional', 'some'],
    ] as const) {
      const yaml = /<<'EOF'\n([\s\S]*)EOF$/.exec(finding?.remedy ?? '')?.[1] ?? '';
      const wanted = rights.filter((right) => right.need === need);
      expect(granted(yaml, { user: 'jane', name })).toEqual(wanted.flatMap(questionsOf).map(asText).sort());
    }
  });

  const asText = ({ verb, group = '', resource, subresource, namespace = '' }: AccessAttributes): string =>
    `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} ${group} ${namespace}`;

  /** What YAML of roles and bindings really grants, each as `asText` has it. */
  function granted(yaml: string, to: { readonly user: string; readonly name: string }): string[] {
    const objects = parseAllDocuments(yaml).map((document) => document.toJS() as Granting);
    return objects
      .flatMap(({ kind, metadata: { name, namespace = '' }, rules = [] }) => {
        const bound = objects.some(
          (other) =>
            other.kind === `${kind}Binding` &&
            (other.metadata.namespace ?? '') === namespace &&
            other.roleRef?.name === name &&
            other.subjects?.some((subject) => subject.kind === 'User' && subject.name === to.user),
        );
        if (!bound || name !== to.name) return [];
        return rules.flatMap(({ apiGroups, resources, verbs }) =>
          apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              verbs.map((verb) => asText({ verb, group, resource, namespace })),
            ),
          ),
        );
      })
      .sort();
  }

  test('rights that single options need are asked for with these options, and granted no wider', async () => {
    const wanted: AccessAttributes[] = [];
    refuse(first, (asked) => {
      wanted.push(asked);
      return admin(asked) || asked.resource === 'nodes' || asked.name === 'pull';
    });
    const without = await preflight();
    expect(without).toEqual([one('cluster1', 'warning', /list nodes, to read the nodes' locality/)]);
    for (const asked of [
      { verb: 'list', group: 'gateway.networking.k8s.io', resource: 'gateways' },
      { verb: 'delete', group: 'gateway.networking.k8s.io', resource: 'httproutes' },
      { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
    ])
      expect(wanted).toContainEqual(asked);
    const [error] = await preflight({ nodePorts: true, pullSecret: { namespace: 'images', name: 'pull' } });
    expect(error).toEqual(
      one(
        'cluster1',
        'error',
        /^jane may not:\n {2}list nodes, to find a node .*\n {2}get secrets pull in images, to copy/,
      ),
    );
    const yaml = /<<'EOF'\n([\s\S]*)EOF$/.exec(error?.remedy ?? '')?.[1] ?? '';
    const roles = parseAllDocuments(yaml).map((document) => document.toJS() as Granting);
    expect(roles.find(({ kind }) => kind === 'Role')).toMatchObject({
      metadata: { name: 'meshproof-pull-secret', namespace: 'images' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['pull'] }],
    });
  });

  test('the right to stop control planes is asked for only with --allow-disruption', async () => {
    // Control planes are restarted by a change of their Deployment: nobody's pods have to be deleted.
    refuse(
      first,
      ({ namespace, ...asked }) =>
        admin(asked) ||
        (namespace === 'istio-system' &&
          (asked.subresource === 'scale' || (asked.verb === 'delete' && asked.resource === 'pods'))),
    );
    expect(await preflight()).toEqual([]);
    expect(await preflight({ allowDisruption: true })).toEqual([
      one(
        'cluster1',
        'error',
        /^jane may not:\n {2}get, patch deployments\/scale\.apps in istio-system, [^\n]*$/,
      ),
    ]);
  });
});

/** A port of this machine that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
