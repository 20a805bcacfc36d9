import { afterEach, describe, expect, test } from 'vitest';
import type { Resource } from '../types.ts';
import { TestCluster, noMesh } from './test-cluster.ts';

const HELLO = 'docker.io/istio/examples-helloworld-v1:1.0';
const CURL = 'docker.io/curlimages/curl:8.16.0';
const NODE = 'docker.io/library/node:20-slim';
const SLEEP = {
  container: { command: ['/bin/sleep', 'infinity'] },
  pod: { terminationGracePeriodSeconds: 0 },
};

let cluster: TestCluster;
afterEach(() => cluster.close());

const addressOf = (pod: Resource): string => (pod['status'] as { podIP: string }).podIP;
const statusOf = (pod: Resource): string => JSON.stringify(pod['status']);
const deployment = (name: string): Resource | undefined =>
  cluster.store.get({ kind: 'Deployment', namespace: 'sample', name });
const available = (name: string): number =>
  (deployment(name)?.['status'] as { availableReplicas?: number } | undefined)?.availableReplicas ?? 0;
const reasons = (): unknown[] => cluster.store.list('Event').map((event) => event['reason']);
const endpoints = (service: string): { conditions: object; addresses: string[] }[] =>
  cluster.store
    .list('EndpointSlice', { labels: { 'kubernetes.io/service-name': service } })
    .flatMap((slice) => slice['endpoints'] as { conditions: object; addresses: string[] }[]);

describe('a Deployment', () => {
  test('of HelloWorld becomes a ready pod that answers at an address of its own', async () => {
    cluster = new TestCluster();
    cluster.deploy('hello', HELLO);
    const pod = await cluster.readyPod('hello');
    expect(pod.metadata.name).toMatch(/^hello-[a-z0-9]{10}-[a-z0-9]{5}$/);
    const answer = await fetch(`http://${addressOf(pod)}:5000/hello`);
    expect(await answer.text()).toBe(`Hello version: v1, instance: ${pod.metadata.name}\n`);
    await cluster.eventually(() => available('hello') === 1 || undefined);
    expect(pod['spec']).toMatchObject({ nodeName: 'cluster1-control-plane' });
  });

  test('of another template is rolled over without a moment in which nothing is ready', async () => {
    cluster = new TestCluster();
    cluster.deploy('hello', HELLO);
    const first = await cluster.readyPod('hello');
    const least: number[] = [];
    cluster.store.watch(() =>
      least.push(
        cluster
          .pods('hello')
          .filter(
            (pod) =>
              statusOf(pod).includes('"type":"Ready","status":"True"') &&
              pod.metadata.deletionTimestamp === undefined,
          ).length,
      ),
    );
    cluster.store.update({ kind: 'Deployment', namespace: 'sample', name: 'hello' }, (copy) => {
      const spec = copy['spec'] as { template: { metadata: Record<string, unknown> } };
      spec.template.metadata['annotations'] = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01' };
      return copy;
    });
    const second = await cluster.eventually(() => {
      const [only, ...more] = cluster.pods('hello');
      return more.length === 0 && only?.metadata.uid !== first.metadata.uid ? only : undefined;
    });
    expect(Math.min(...least)).toBe(1);
    expect(second.metadata.annotations).toMatchObject({ 'kubectl.kubernetes.io/restartedAt': '2026-01-01' });
    expect(cluster.store.list('ReplicaSet')).toHaveLength(2);
  });

  test('whose image is nowhere waits in ImagePullBackOff, and an event says which images there are', async () => {
    cluster = new TestCluster();
    cluster.deploy('other', 'docker.io/library/nginx:1');
    await cluster.eventually(() =>
      cluster.pods('other').find((pod) => statusOf(pod).includes('ImagePullBackOff')),
    );
    const said = cluster.store.list('Event').map((event) => String(event['message']));
    expect(said.join('\n')).toMatch(
      /Failed to pull image "docker.io\/library\/nginx:1": .*examples-helloworld-v1/,
    );
    expect(available('other')).toBe(0);
  });

  test('whose pods admission refuses tells why, and goes on trying', async () => {
    let refuse = true;
    cluster = new TestCluster({
      ...noMesh,
      inject: (pod) => {
        if (refuse) throw new Error('failed calling webhook "namespace.sidecar-injector.istio.io"');
        return pod;
      },
    });
    cluster.deploy('hello', HELLO);
    await cluster.eventually(() => reasons().includes('FailedCreate') || undefined);
    refuse = false;
    expect(statusOf(await cluster.readyPod('hello'))).toContain('"phase":"Running"');
  });

  test('whose process ends again and again is started again, later each time', async () => {
    cluster = new TestCluster();
    cluster.deploy('crash', NODE, {
      container: { command: ['node', '-e', 'console.log("dies"); process.exit(3)'] },
    });
    const pod = await cluster.eventually(() =>
      cluster.pods('crash').find((each) => /CrashLoopBackOff.*"exitCode":3/.test(statusOf(each))),
    );
    await cluster.eventually(() =>
      cluster.pods('crash').find((each) => /"restartCount":[2-9]/.test(statusOf(each))),
    );
    const where = { namespace: 'sample', pod: pod.metadata.name, container: 'app' };
    expect(cluster.running.kubelet.logs(where)).toMatch(/^dies\ndies\n/);
  });
});

describe('a Service', () => {
  test('has an address, and an endpoint with zone and node that is ready when the pod is', async () => {
    cluster = new TestCluster();
    cluster.serve('hello', 5000);
    cluster.deploy('hello', HELLO);
    const pod = await cluster.readyPod('hello');
    expect(
      cluster.store.get({ kind: 'Service', namespace: 'sample', name: 'hello' })?.['spec'],
    ).toMatchObject({
      clusterIP: expect.stringMatching(/^10\.96\./) as unknown,
    });
    await cluster.eventually(() => JSON.stringify(endpoints('hello')).includes('"ready":true') || undefined);
    expect(endpoints('hello')).toEqual([
      {
        addresses: [addressOf(pod)],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: 'Pod', namespace: 'sample', name: pod.metadata.name, uid: pod.metadata.uid },
        nodeName: 'cluster1-control-plane',
        zone: 'r1-a',
      },
    ]);
  });

  test('has no ready endpoint from the moment its last pod begins to end, while the pod still answers', async () => {
    cluster = new TestCluster(noMesh, 0.2);
    cluster.serve('hello', 5000);
    cluster.deploy('hello', HELLO, { container: { lifecycle: { preStop: { sleep: { seconds: 3 } } } } });
    const pod = await cluster.readyPod('hello');
    cluster.scale('hello', 0);
    await cluster.eventually(
      () => JSON.stringify(endpoints('hello')).includes('"terminating":true') || undefined,
    );
    expect(endpoints('hello')[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    expect((await fetch(`http://${addressOf(pod)}:5000/hello`)).status).toBe(200);
    await cluster.eventually(() => cluster.pods('hello').length === 0 || undefined);
    await expect(fetch(`http://${addressOf(pod)}:5000/hello`)).rejects.toThrow();
    await cluster.eventually(() => endpoints('hello').length === 0 || undefined);
  });

  test('of type LoadBalancer keeps its address while its pods change', async () => {
    cluster = new TestCluster();
    cluster.serve('hello', 5000, { type: 'LoadBalancer' });
    const service = { kind: 'Service', namespace: 'sample', name: 'hello' };
    const address = await cluster.eventually(
      () => /"ip":"([\d.]+)"/.exec(JSON.stringify(cluster.store.get(service)?.['status'] ?? {}))?.[1],
    );
    cluster.deploy('hello', HELLO);
    const first = await cluster.readyPod('hello');
    const ask = async (): Promise<string> =>
      (await fetch(`http://${address}:5000/hello`, { headers: { connection: 'close' } })).text();
    expect(await ask()).toContain(first.metadata.name);
    cluster.scale('hello', 0);
    await cluster.eventually(() => cluster.pods('hello').length === 0 || undefined);
    await expect(ask()).rejects.toThrow();
    cluster.scale('hello', 1);
    const second = await cluster.readyPod('hello');
    expect(await ask()).toContain(second.metadata.name);
  });

  test('of type LoadBalancer is at a port of the node, too, which needs no right of whoever starts it', async () => {
    cluster = new TestCluster();
    cluster.serve('hello', 80, {
      type: 'LoadBalancer',
      ports: [{ name: 'http', port: 80, targetPort: 5000 }],
    });
    const service = { kind: 'Service', namespace: 'sample', name: 'hello' };
    const nodePort = await cluster.eventually(
      () => /"nodePort":(\d+)/.exec(JSON.stringify(cluster.store.get(service)?.['spec']))?.[1],
    );
    cluster.deploy('hello', HELLO);
    const { metadata } = await cluster.readyPod('hello');
    const { addresses = [] } = (cluster.store.list('Node')[0]?.['status'] ?? {}) as {
      addresses?: { type: string; address: string }[];
    };
    const node = addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
    expect(await (await fetch(`http://${node}:${nodePort}/hello`)).text()).toContain(metadata.name);
    expect(cluster.store.list('Event').filter(({ reason }) => reason === 'SyncLoadBalancerFailed')).toEqual(
      [],
    );
  });
});

describe('a command in a pod', () => {
  test('is a real shell whose curl finds services by their names', async () => {
    cluster = new TestCluster();
    cluster.serve('hello', 5000);
    cluster.deploy('hello', HELLO);
    cluster.deploy('sleep', CURL, SLEEP);
    const hello = await cluster.readyPod('hello');
    const sleep = await cluster.readyPod('sleep');
    const script =
      'curl -q -s hello:5000/hello; curl -s hello.sample:5000/health; hostname=$HOSTNAME; echo " $hostname" >&2; exit 7';
    const ran = await cluster.exec(sleep, ['sh', '-c', script]);
    expect(ran).toEqual({
      code: 7,
      stdout: `Hello version: v1, instance: ${hello.metadata.name}\nHelloworld is healthy`,
      stderr: ` ${sleep.metadata.name}\n`,
    });
  });

  test('reads its standard input to the end', async () => {
    cluster = new TestCluster();
    cluster.deploy('sleep', CURL, SLEEP);
    const sleep = await cluster.readyPod('sleep');
    expect(
      await cluster.exec(sleep, ['sh', '-c', 'while read -r a; do echo "got $a"; done'], { stdin: '1\n2\n' }),
    ).toEqual({
      code: 0,
      stdout: 'got 1\ngot 2\n',
      stderr: '',
    });
  });

  test('that does not exist, or in a pod that does not, is refused', async () => {
    cluster = new TestCluster();
    cluster.deploy('sleep', CURL, SLEEP);
    const sleep = await cluster.readyPod('sleep');
    await expect(cluster.exec(sleep, ['no-such-program'])).rejects.toThrow(
      /"no-such-program": executable file not found/,
    );
    const other = { ...sleep, metadata: { ...sleep.metadata, name: 'gone' } };
    await expect(cluster.exec(other, ['true'])).rejects.toThrow('pods "gone" not found');
  });

  test('is killed with its pod', async () => {
    cluster = new TestCluster();
    cluster.deploy('sleep', CURL, SLEEP);
    const sleep = await cluster.readyPod('sleep');
    const running = cluster.exec(sleep, ['sleep', '100']);
    cluster.scale('sleep', 0);
    expect((await running).code).toBe(137);
  });
});

describe('a container with the image node', () => {
  const script =
    "require('node:http').createServer((_, r) => r.end(require('node:os').hostname())).listen(8080); process.on('SIGTERM', () => process.exit(0))";
  const container = {
    command: ['node', '/script/echo.js'],
    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    volumeMounts: [{ name: 'script', mountPath: '/script' }],
  };
  const pod = { volumes: [{ name: 'script', configMap: { name: 'echo' } }] };
  const configure = (): Resource =>
    cluster.store.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'echo', namespace: 'sample' },
      data: { 'echo.js': script },
    });

  test('runs the script of its ConfigMap as a process at its pod, ready when its probe is answered', async () => {
    cluster = new TestCluster();
    configure();
    cluster.deploy('echo', NODE, { container, pod });
    const echo = await cluster.readyPod('echo');
    expect(await (await fetch(`http://${addressOf(echo)}:8080/`)).text()).toBe(echo.metadata.name);
  });

  test('waits for its ConfigMap, and an event says so', async () => {
    cluster = new TestCluster();
    cluster.deploy('echo', NODE, { container, pod });
    await cluster.eventually(() => reasons().includes('FailedMount') || undefined);
    configure();
    expect(statusOf(await cluster.readyPod('echo'))).toContain('"ready":true');
  });

  test('reads the paths of its mounts in a script from standard input', async () => {
    cluster = new TestCluster();
    configure();
    cluster.deploy('echo', NODE, { container, pod });
    const echo = await cluster.readyPod('echo');
    const stdin =
      "console.log(require('node:fs').readFileSync('/script/echo.js', 'utf8').length, process.argv[2])";
    const ran = await cluster.exec(echo, ['node', '-', 'x'], { stdin });
    expect(ran).toEqual({ code: 0, stdout: `${String(script.length)} x\n`, stderr: '' });
  });
});

describe('a frozen node', () => {
  test('takes connections and answers nobody until it runs again', async () => {
    cluster = new TestCluster();
    cluster.deploy('hello', HELLO);
    const pod = await cluster.readyPod('hello');
    cluster.running.freeze();
    let answered = false;
    const answer = fetch(`http://${addressOf(pod)}:5000/hello`).then((response) => {
      answered = true;
      return response.status;
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(answered).toBe(false);
    cluster.running.unfreeze();
    expect(await answer).toBe(200);
  });
});
