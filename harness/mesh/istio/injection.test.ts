import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../../fixtures/topology.ts';
import { connect } from '../../cluster/cluster.ts';
import type { Member } from '../types.ts';
import { waitForInjection } from './injection.ts';

let server: FakeApiServer;

beforeEach(async () => {
  server = await startApiServer();
  const namespace = 'istio-system';
  server.kinds.set('/apis/admissionregistration.k8s.io/v1', [
    { name: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', namespaced: false },
  ]);
  server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio-ca-root-cert', namespace } });
  server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', namespace, labels: { app: 'istiod' } },
    status: { availableReplicas: 1 },
  });
  webhooks('istio-sidecar-injector', {});
});
afterEach(async () => {
  await server.close();
});

function webhooks(name: string, labels: Record<string, string>): void {
  server.put({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { app: 'sidecar-injector', ...labels } },
    webhooks: [{ clientConfig: { caBundle: 'x' } }],
  });
}

async function injects(revision?: string): Promise<() => boolean> {
  const kubeconfig = await server.kubeconfig();
  const member: Member = {
    topology: clusterTopology('cluster1', revision === undefined ? {} : { revision }),
    provided: { name: 'cluster1', kubeconfig },
    client: await connect({ name: 'cluster1', kubeconfig }),
  };
  let done = false;
  waitForInjection(member, member, new AbortController().signal)
    .then(() => {
      done = true;
    })
    .catch(() => undefined)
    .finally(() => void member.client.close());
  return () => done;
}

test('the default revision injects only when the tag that takes over from its own webhooks is there', async () => {
  const done = await injects();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(done()).toBe(false);
  webhooks('istio-revision-tag-default', { 'istio.io/tag': 'default' });
  await expect.poll(done, { timeout: 5000 }).toBe(true);
});

test('a named revision injects by its own webhooks', async () => {
  const done = await injects('asm-1131-0');
  await expect.poll(done, { timeout: 5000 }).toBe(true);
});
