import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { loopCommand } from '../../traffic/loop.ts';
import type { MeshHooks, Proxy, Resource } from '../types.ts';
import { TestCluster, noMesh } from './test-cluster.ts';

const CURL = 'docker.io/curlimages/curl:8.16.0';
const SLEEP = { container: { command: ['/bin/sleep', 'infinity'] } };

let cluster: TestCluster;
afterEach(() => cluster.close());

/** As the harness does: the loop is let go, and let end when it has said that it is through. */
async function* conversation(told: () => string): AsyncIterable<Uint8Array> {
  yield Buffer.from('ping 1\ngo\n');
  await cluster.eventually(() => told().includes('MARK z') || undefined);
  yield Buffer.from('go\n');
}

/** What a mesh of one proxy was asked. */
interface Seen {
  readonly mesh: MeshHooks;
  readonly started: { readonly address: string; readonly appAddress: string }[];
  readonly told: string[];
  configured: boolean;
}

/** Injects a proxy that answers every outbound call itself: `PATH of HOST`. */
function echoingMesh(): Seen {
  const seen: Seen = {
    started: [],
    told: [],
    configured: true,
    mesh: {
      ...noMesh,
      inject: (pod) => {
        const spec = pod['spec'] as { containers: object[] };
        const proxy = { name: 'istio-proxy', image: 'docker.io/istio/proxyv2:1.31.0' };
        return { ...pod, spec: { ...spec, containers: [...spec.containers, proxy] } };
      },
      startProxy: async (_pod, address, appAddress) => {
        seen.started.push({ address, appAddress });
        return startProxy(seen, address);
      },
      controlPlane: (pod, path) => `${path} of ${pod.metadata.labels?.['app'] ?? ''}`,
    },
  };
  return seen;
}

async function startProxy(seen: Seen, address: string): Promise<Proxy> {
  const server = createServer(({ url = '', headers }, response) =>
    response.end(`${url} of ${headers.host ?? ''}\n`),
  );
  await new Promise<void>((resolve) => server.listen(15_001, address, resolve));
  const end = (how: string): Promise<void> => {
    seen.told.push(how);
    server.closeAllConnections();
    server.close();
    return Promise.resolve();
  };
  return {
    isReady: () => seen.configured,
    admin: (path) => {
      if (path === 'unknown') throw new Error('no such path');
      return `admin ${path}`;
    },
    stop: () => end('stop'),
    kill: () => end('kill'),
    freeze: (frozen) => seen.told.push(frozen ? 'frozen' : 'thawed'),
    certificate: () => ({ chain: 'CHAIN', key: 'KEY', root: 'ROOT' }),
  };
}

const readiness = (pod: Resource): string => JSON.stringify(pod['status']);

describe('an injected pod', () => {
  test('is ready only when its proxy is configured', async () => {
    const seen = echoingMesh();
    seen.configured = false;
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('sleep', CURL, SLEEP);
    await cluster.eventually(() =>
      cluster.pods('sleep').find((pod) => readiness(pod).includes('"phase":"Running"')),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(cluster.pods('sleep').map(readiness).join()).not.toContain('"type":"Ready","status":"True"');
    seen.configured = true;
    expect(readiness(await cluster.readyPod('sleep'))).toContain('"name":"istio-proxy"');
  });

  test('sends what its curl asks to its proxy, by the name that was asked for', async () => {
    const seen = echoingMesh();
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('sleep', CURL, SLEEP);
    cluster.serve('helloworld', 5000);
    const pod = await cluster.readyPod('sleep');
    for (const host of [
      'helloworld',
      'helloworld.sample',
      'helloworld.sample.svc.cluster.local',
      '10.9.8.7',
    ]) {
      const url = `http://${host}:5000/hello`;
      const { stdout } = await cluster.exec(pod, ['curl', '-q', '-s', url]);
      expect(stdout).toBe(`/hello of ${host}:5000\n`);
    }
  });

  test('cannot resolve the name of no Service: curl exits with 6', async () => {
    cluster = new TestCluster(echoingMesh().mesh);
    cluster.deploy('sleep', CURL, SLEEP);
    cluster.serve('helloworld', 5000);
    const pod = await cluster.readyPod('sleep');
    const ask = async (host: string): Promise<number> =>
      (await cluster.exec(pod, ['curl', '-sS', `http://${host}:5000/`])).code;
    expect(await Promise.all(['reviews', 'helloworld.default', 'helloworld.sample.global'].map(ask))).toEqual(
      [6, 6, 6],
    );
    cluster.store.remove({ kind: 'Service', name: 'helloworld', namespace: 'sample' });
    expect(await ask('helloworld')).toBe(6);
  });

  test('has its app at an address that only the proxy is told', async () => {
    const seen = echoingMesh();
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('hello', 'examples-helloworld-v2');
    const pod = await cluster.readyPod('hello');
    const { podIP } = pod['status'] as { podIP: string };
    const [{ address, appAddress } = { address: '', appAddress: '' }] = seen.started;
    expect(podIP).toBe(address);
    expect(await (await fetch(`http://${appAddress}:5000/hello`)).text()).toContain('Hello version: v2');
    await expect(fetch(`http://${podIP}:5000/hello`)).rejects.toThrow();
  });

  test('runs the loop of the traffic stage as it is', async () => {
    const seen = echoingMesh();
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('sleep', CURL, SLEEP);
    cluster.serve('hello', 5000);
    const pod = await cluster.readyPod('sleep');
    const answeredBy = { version: 'of (\\S+)' };
    const command = loopCommand(
      { mode: 'fast', url: 'http://hello:5000/x', requests: 30, answeredBy },
      'MARK',
    );
    const ran = await cluster.exec(pod, command, { stdin: conversation });
    expect(ran.stdout).toMatch(/MARK p 1 \d+\n/);
    expect(ran.stdout.match(/^\/x of hello:5000$/gm)).toHaveLength(30);
    expect(ran.stdout).toMatch(/MARK z 30 0\n/);
    expect(ran.code).toBe(0);
  });

  test('that asks for OUTPUT_CERTS finds the certificate below its mount', async () => {
    const seen = echoingMesh();
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('prober', 'docker.io/library/node:20-slim', {
      container: {
        command: ['node', '-e', 'setInterval(() => {}, 1e9)'],
        volumeMounts: [{ name: 'certificates', mountPath: '/certificates' }],
      },
      pod: { volumes: [{ name: 'certificates', emptyDir: {} }] },
      annotations: {
        'proxy.istio.io/config': 'proxyMetadata:\n  OUTPUT_CERTS: /etc/istio-output-certs\n',
        'sidecar.istio.io/userVolumeMount':
          '[{"name": "certificates", "mountPath": "/etc/istio-output-certs"}]',
      },
    });
    const pod = await cluster.readyPod('prober');
    const stdin =
      "console.log(['cert-chain', 'key'].map((f) => require('node:fs').readFileSync(`/certificates/${f}.pem`, 'utf8')))";
    expect((await cluster.exec(pod, ['node', '-'], { stdin })).stdout).toBe("[ 'CHAIN', 'KEY' ]\n");
  });

  test('tells its proxy to drain when it ends, and to stand still with its node', async () => {
    const seen = echoingMesh();
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('sleep', CURL, SLEEP);
    await cluster.readyPod('sleep');
    cluster.running.freeze();
    cluster.running.unfreeze();
    cluster.scale('sleep', 0);
    await cluster.eventually(() => cluster.pods('sleep').length === 0 || undefined);
    expect(seen.told.slice(0, 3)).toEqual(['frozen', 'thawed', 'stop']);
  });
});

describe("the mesh's own containers", () => {
  test('answer introspection, and say what else they cannot do', async () => {
    const seen = echoingMesh();
    cluster = new TestCluster(seen.mesh);
    cluster.deploy('sleep', CURL, SLEEP);
    const pod = await cluster.readyPod('sleep');
    const container = 'istio-proxy';
    const ask = (...command: string[]) => cluster.exec(pod, command, { container });
    expect(await ask('pilot-agent', 'request', 'GET', 'clusters?format=json')).toMatchObject({
      code: 0,
      stdout: 'admin clusters?format=json',
    });
    expect(await ask('pilot-agent', 'request', 'GET', 'unknown')).toMatchObject({
      code: 1,
      stderr: 'Error: no such path\n',
    });
    await expect(ask('ls')).rejects.toThrow('runs only: pilot-agent request GET PATH; asked for: ls');
  });

  test('of a control plane answer by its debug interface', async () => {
    cluster = new TestCluster({ ...echoingMesh().mesh, inject: (pod) => pod });
    cluster.deploy('istiod', 'docker.io/istio/pilot:1.31.0', { container: { name: 'discovery' } });
    const pod = await cluster.readyPod('istiod');
    const ran = await cluster.exec(pod, ['pilot-discovery', 'request', 'GET', '/debug/syncz'], {
      container: 'discovery',
    });
    expect(ran.stdout).toBe('/debug/syncz of istiod');
  });

  test('make a control plane ready only when the mesh says so', async () => {
    let isReady = false;
    cluster = new TestCluster({ ...noMesh, isControlPlaneReady: () => isReady });
    cluster.deploy('istiod', 'docker.io/istio/pilot:1.31.0', { container: { name: 'discovery' } });
    await cluster.eventually(() =>
      cluster.pods('istiod').find((pod) => readiness(pod).includes('"phase":"Running"')),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(cluster.pods('istiod').map(readiness).join()).not.toContain('"type":"Ready","status":"True"');
    isReady = true;
    expect(readiness(await cluster.readyPod('istiod'))).toContain('"ready":true');
  });
});
