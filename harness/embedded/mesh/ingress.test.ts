import { expect, test } from 'vitest';
import { askOnce } from '../../traffic/outside.ts';
import { NAMESPACE, rule, startWorld, until } from './test-world.ts';

test('an ingress gateway lets in what its routes name, and tells its own answers from those behind it', async () => {
  const { one } = await startWorld(['network1', 'network1']);
  const labels = { istio: 'ingressgateway' };
  one.store.create(
    rule('Gateway', {
      selector: labels,
      servers: [{ port: { number: 8080, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    }),
  );
  const http = [{ match: [{ uri: { exact: '/hello' } }], route: [{ destination: { host: 'hello' } }] }];
  one.store.create(rule('VirtualService', { hosts: ['*'], gateways: ['gateway'], http }));
  const address = `127.${String(one.block)}.6.1`;
  const pod = one.store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'ingress-1', namespace: NAMESPACE, labels },
    spec: { containers: [{ name: 'istio-proxy' }] },
  });
  const proxy = await one.mesh.startProxy(pod, address);
  const ready = async (): Promise<number> =>
    (await fetch(`http://${address}:15021/healthz/ready`).catch(() => ({ status: 0 }))).status;
  expect(await ready()).not.toBe(200);
  await until('the gateway', () => proxy.isReady());
  expect(await ready()).toBe(200);

  expect(await askOnce(`http://${address}:8080/hello`)).toMatchObject({ status: 200, fromBehind: true });
  expect(await askOnce(`http://${address}:8080/`)).toMatchObject({ status: 404, fromBehind: false });
  const { headers } = await fetch(`http://${address}:8080/`);
  expect(headers.get('server')).toBe('istio-envoy');
});
