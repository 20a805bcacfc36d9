import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import type { Finding } from '../../provider/types.ts';
import type { InjectionLabel } from '../types.ts';
import { checkInjection, isInjected, selects, type Injector } from './injection.ts';

const REVISION = 'asm-1131-0';

test.each([
  [{ matchLabels: { a: '1' } }, { a: '1' }, true],
  [{ matchLabels: { a: '1' } }, { a: '2' }, false],
  [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, {}, true],
  [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, { a: '1' }, false],
  [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, {}, false],
  [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, { a: '1' }, false],
  [undefined, { a: '1' }, true],
])('%j selects %j: %s', (selector, labels, yes) => {
  expect(selects(selector, labels as Record<string, string>)).toBe(yes);
});

const isIn = (key: string, ...values: string[]): object => ({ key, operator: 'In', values });
const isAbsent = (key: string): object => ({ key, operator: 'DoesNotExist' });
const notRefused = { key: 'sidecar.istio.io/inject', operator: 'NotIn', values: ['false'] };

/** What `istioctl install --revision` makes: webhooks for the label of namespaces, and for that of pods. */
const ofRevision = (revision: string): Injector[] =>
  [
    {
      namespaceSelector: { matchExpressions: [isIn('istio.io/rev', revision), isAbsent('istio-injection')] },
      objectSelector: { matchExpressions: [notRefused] },
    },
    {
      namespaceSelector: { matchExpressions: [isAbsent('istio.io/rev'), isAbsent('istio-injection')] },
      objectSelector: { matchExpressions: [notRefused, isIn('istio.io/rev', revision)] },
    },
  ] as Injector[];

/** The tag that lets `istio-injection` work beside a named revision. */
const defaultTag = [
  ...ofRevision('default'),
  {
    namespaceSelector: { matchExpressions: [isIn('istio-injection', 'enabled')] },
    objectSelector: { matchExpressions: [notRefused] },
  },
] as Injector[];

test.each([
  [{ 'istio.io/rev': REVISION }, {}, true],
  [{ 'istio.io/rev': 'asm-173-3' }, {}, false],
  [{ 'istio-injection': 'enabled', 'istio.io/rev': 'asm-173-3' }, {}, true],
  [{ 'istio-injection': 'disabled', 'istio.io/rev': REVISION }, {}, false],
  [{}, {}, false],
  [{}, { 'istio.io/rev': REVISION }, true],
  [{ 'istio.io/rev': REVISION }, { 'sidecar.istio.io/inject': 'false' }, false],
])('as on a real cluster, in a namespace with %j a pod with %j gets a proxy: %s', (namespace, pod, yes) => {
  const labels = { namespace, pod } as Parameters<typeof isInjected>[1];
  expect(isInjected([...ofRevision(REVISION), ...defaultTag], labels)).toBe(yes);
});

describe('on a cluster', () => {
  let server: FakeApiServer;
  let client: Cluster;

  beforeEach(async () => {
    server = await startApiServer();
    const name = 'mutatingwebhookconfigurations';
    server.kinds.set('/apis/admissionregistration.k8s.io/v1', [
      { name, kind: 'MutatingWebhookConfiguration', namespaced: false },
    ]);
    inject([...ofRevision(REVISION), ...defaultTag]);
    client = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  const inject = (webhooks: readonly Injector[]): void =>
    server.put({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'injector', labels: { app: 'sidecar-injector' } },
      webhooks,
    });

  const namespace = (name: string, labels: Record<string, string>): void =>
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });

  const gateway = (revision: string, templates = 'gateway'): void =>
    server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'east', namespace: 'gateways' },
      spec: {
        template: {
          metadata: {
            annotations: { 'inject.istio.io/templates': templates },
            labels: { 'istio.io/rev': revision, 'sidecar.istio.io/inject': 'true' },
          },
        },
      },
    });

  const findings = async (
    injectionLabel: InjectionLabel = { key: 'istio.io/rev', value: REVISION },
  ): Promise<Finding[]> =>
    checkInjection({
      name: 'cluster1',
      client,
      expectedNetwork: 'default',
      mesh: {
        cluster: 'cluster1',
        clusterId: 'cluster1',
        configuredBy: 'cluster1',
        network: 'default',
        controlPlanes: [{ revision: REVISION, version: '1.31.0', deployment: `istiod-${REVISION}` }],
        injectionLabel,
        eastWestGateway: null,
        rootFingerprint: null,
      },
    });

  const warning = (message: RegExp): unknown =>
    expect.objectContaining({ severity: 'warning', message: expect.stringMatching(message) as string });

  test('namespaces and gateways of the revision that runs are no finding', async () => {
    namespace('sample', { 'istio.io/rev': REVISION });
    namespace('older', { 'istio-injection': 'enabled' });
    namespace('gateways', {});
    gateway(REVISION);
    expect(await findings()).toEqual([]);
  });

  test('a namespace of an unknown revision is told, with what runs and the command that mends it', async () => {
    namespace('sample', { 'istio.io/rev': 'asm-173-3' });
    const found = await findings();
    expect(found).toEqual([
      warning(/nobody injects for \(sample: istio\.io\/rev=asm-173-3\).* Revisions running: asm-1131-0$/),
    ]);
    expect(found[0]?.remedy).toContain(`label namespace sample istio.io/rev=${REVISION} --overwrite`);
  });

  test('a namespace with both labels is told, and what comes of it', async () => {
    namespace('sample', { 'istio.io/rev': REVISION, 'istio-injection': 'enabled' });
    expect(await findings()).toEqual([warning(/istio-injection wins, the revision has no say/)]);
    namespace('sample', { 'istio.io/rev': REVISION, 'istio-injection': 'disabled' });
    const found = await findings();
    expect(found).toEqual([warning(/istio-injection wins, pods get no proxy in sample/)]);
    expect(found[0]?.remedy).toMatch(/label namespace sample istio-injection-$/);
  });

  test('a gateway of an unknown revision is told by what its pods would show', async () => {
    namespace('gateways', {});
    gateway('asm-173-3');
    expect(await findings()).toEqual([warning(/gateways\/east \(istio\.io\/rev: asm-173-3\).*"auto"/)]);
    gateway('asm-173-3', 'custom');
    expect(await findings()).toEqual([]);
  });

  test('many namespaces are counted, not listed', async () => {
    for (let index = 0; index < 8; index += 1) namespace(`app-${String(index)}`, { 'istio.io/rev': 'old' });
    expect(await findings()).toEqual([warning(/app-4: istio\.io\/rev=old and 3 more\)/)]);
  });

  test('an injection label that matches only pods of their own accord is told', async () => {
    expect(await findings({ key: 'mesh', value: 'on' })).toEqual([warning(/matches the label mesh=on/)]);
  });

  test('nothing is said where webhooks may not be looked at', async () => {
    namespace('sample', { 'istio.io/rev': 'asm-173-3' });
    server.override(/mutatingwebhookconfigurations/, (response) => {
      answer(response, 403, { kind: 'Status', message: 'forbidden' });
    });
    expect(await findings()).toEqual([]);
  });
});
