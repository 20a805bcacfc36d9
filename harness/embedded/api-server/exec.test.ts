import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Cluster, connect } from '../../cluster/cluster.ts';
import { type Bench, TOKEN, openBench, pod } from './testing.ts';

let bench: Bench;
let cluster: Cluster;

beforeAll(async () => {
  bench = await openBench();
  cluster = await connect({ name: 'cluster1', kubeconfig: await bench.kubeconfig() });
});
afterAll(async () => {
  await cluster.close();
  await bench.close();
});

describe('pods', () => {
  beforeAll(() => {
    bench.store.create(pod('shell'));
  });
  const at = { namespace: 'sample', pod: 'shell', container: 'app' };

  test('exec gives output, errors, exit code and standard input', async () => {
    const script = 'cat; echo problem >&2; exit 3';
    const result = await cluster.exec({ ...at, command: ['sh', '-c', script], stdin: 'typed\n' });
    expect(result).toEqual({ exitCode: 3, stdout: 'typed\n', stderr: 'problem\n' });
  });

  test('exec in what is not there is refused before it begins', async () => {
    await expect(cluster.exec({ ...at, pod: 'none', command: ['true'] })).rejects.toThrow(
      'pods "none" not found',
    );
    await expect(cluster.exec({ ...at, container: 'x', command: ['true'] })).rejects.toThrow(
      'container x is not valid',
    );
    await expect(cluster.exec({ ...at, command: ['/no/such'] })).rejects.toThrow('ENOENT');
  });

  test('exec in a pod of several containers needs the name of one', async () => {
    const nameless = { namespace: 'sample', pod: 'shell', command: ['true'] };
    await expect(cluster.exec(nameless)).rejects.toThrow(
      'a container name must be specified for pod shell, choose one of: [app gone]',
    );
  });

  test('a client that goes away ends the command', async () => {
    const started = Date.now();
    await expect(cluster.exec({ ...at, command: ['sleep', '5'], timeoutMs: 200 })).rejects.toThrow(
      'not done',
    );
    expect(Date.now() - started).toBeLessThan(2000);
  });

  test('lines arrive as they are written, and what is typed meanwhile arrives too', async () => {
    const lines: string[] = [];
    const result = await cluster.exec({
      ...at,
      command: ['sh', '-c', 'echo ready; read word; echo got $word; cat | wc -c'],
      onLine: (line) => lines.push(line),
      onOpen: (input) => {
        input.write('it\n');
        input.write('x'.repeat(200_000));
        input.end();
      },
    });
    expect(result.exitCode).toBe(0);
    expect(lines.map((line) => line.trim())).toEqual(['ready', 'got it', '200000']);
  });

  test('a stream of a server that stands still is found dead', async () => {
    const running = cluster.exec({
      ...at,
      command: ['sleep', '5'],
      silenceMs: 300,
      onOpen: () => {
        bench.server.freeze();
      },
    });
    await expect(running).rejects.toThrow('not a byte and no answer to a ping');
    bench.server.thaw();
  });

  test('an exec that is cut is lost, and says so', async () => {
    const running = cluster.exec({
      ...at,
      command: ['sleep', '5'],
      onOpen: () => {
        bench.server.cut();
      },
    });
    await expect(running).rejects.toThrow('without saying how the command ended');
  });

  test('the older protocol is spoken with those who know no other', async () => {
    const url = `${bench.server.url.replace('https', 'wss')}/api/v1/namespaces/sample/pods/shell/exec?container=app&command=echo&command=hi`;
    const socket = new WebSocket(url, ['v4.channel.k8s.io'], {
      ca: bench.server.caPem,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const told: string[] = [];
    socket.on('message', (data: Buffer) =>
      told.push(`${String(data[0])} ${data.subarray(1).toString('utf8')}`),
    );
    await new Promise((resolve) => socket.on('close', resolve));
    expect(socket.protocol).toBe('v4.channel.k8s.io');
    expect(told).toContain('1 hi\n');
    expect(told.at(-1)).toContain('"status":"Success"');
  });

  test('the previous run of a container that never crashed is refused', async () => {
    await expect(cluster.logs({ ...at, previous: true })).rejects.toThrow('not found');
  });

  test('logs by tail', async () => {
    expect(await cluster.logs({ ...at, tailLines: 2 })).toBe('second shell\nthird app\n');
  });
});
