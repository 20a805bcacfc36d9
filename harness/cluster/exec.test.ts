import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeApiServer, SECRET_TOKEN, startApiServer } from '../../fixtures/api-server/server.ts';
import { type Cluster, ExecError, connect } from './cluster.ts';
import type { ExecRequest, ExecResult } from './types.ts';

let server: FakeApiServer;
let cluster: Cluster;
beforeAll(async () => {
  server = await startApiServer();
  cluster = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
});
beforeEach(() => {
  server.seen.length = 0;
});
afterAll(async () => {
  await cluster.close();
  await server.close();
});

const exec = (words: readonly string[], more: Partial<ExecRequest> = {}): Promise<ExecResult> =>
  cluster.exec({ namespace: 'sample', pod: 'sleep-1', command: words, ...more });

async function errorOf(running: Promise<unknown>): Promise<ExecError> {
  const error: unknown = await running.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ExecError)) throw new Error(`ExecError expected, got ${JSON.stringify(error)}`);
  return error;
}

describe('a command that ends', () => {
  test('gives its exit code and both outputs, also when it is not zero', async () => {
    expect(await exec(['exit', '0'])).toMatchObject({ exitCode: 0 });
    expect(await exec(['exit', '7'])).toEqual({
      exitCode: 7,
      stdout: 'to standard output\n',
      stderr: 'to standard error\n',
    });
  });

  test('is asked for as the API documents it', async () => {
    await exec(['echo', 'a b', '--', '&c'], { container: 'sleep' });
    const [seen] = server.seen;
    expect(seen?.path).toBe('/api/v1/namespaces/sample/pods/sleep-1/exec');
    expect(seen?.query.toString()).toBe(
      'stdin=false&stdout=true&stderr=true&tty=false&container=sleep&command=echo&command=a+b&command=--&command=%26c',
    );
    expect(seen?.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io,v4.channel.k8s.io');
  });

  test('reads standard input to its end', async () => {
    const stdin = 'ä'.repeat(100_000);
    expect((await exec(['cat'], { stdin })).stdout).toBe(stdin);
  });

  test('takes standard input piece by piece from onOpen', async () => {
    const { stdout } = await exec(['cat'], {
      onOpen: (input) => {
        input.write('one ');
        setTimeout(() => {
          input.write('two');
          input.end();
        }, 20);
      },
    });
    expect(stdout).toBe('one two');
  });

  test('gives a half line at the end as a line', async () => {
    const lines: string[] = [];
    const result = await exec(['half-line'], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['one', 'two']);
    expect(result.stdout).toBe('');
  });

  test('gives whole lines with whole characters when each byte is a frame, and the time', async () => {
    const lines: [string, number][] = [];
    await exec(['bytes', 'grün €\r\n\n日本\n'], { onLine: (line, atMs) => lines.push([line, atMs]) });
    expect(lines.map(([line]) => line)).toEqual(['grün €', '', '日本']);
    expect(lines.every(([, atMs]) => Math.abs(atMs - Date.now()) < 5000)).toBe(true);
  });

  test('ends with its status even if data comes after it or the socket stays open', async () => {
    expect(await exec(['data-after-status'])).toMatchObject({ exitCode: 0, stdout: 'before\nafter\n' });
    expect(await exec(['status-then-nothing'])).toMatchObject({ exitCode: 0, stdout: 'done\n' });
  });
});

describe('a stream that breaks settles, and says how', () => {
  test('closed without a status: lost, with what had arrived', async () => {
    const error = await errorOf(exec(['close-without-status']));
    expect(error).toMatchObject({ kind: 'lost', stdout: 'one\ntw' });
    expect(error.message).toContain('kubectl --kubeconfig');
  });

  test('closed without a status while streaming: whole lines were given, the half one was not', async () => {
    const lines: string[] = [];
    const error = await errorOf(exec(['close-without-status'], { onLine: (line) => lines.push(line) }));
    expect(error.kind).toBe('lost');
    expect(lines).toEqual(['one']);
  });

  test('connection reset: lost', async () => {
    expect(await errorOf(exec(['reset']))).toMatchObject({ kind: 'lost', stdout: 'one\n' });
  });

  test('status that is not JSON: protocol', async () => {
    const error = await errorOf(exec(['status-not-json']));
    expect(error.kind).toBe('protocol');
    expect(error.message).toContain('command terminated');
  });

  test('channel that does not exist: protocol', async () => {
    expect((await errorOf(exec(['unknown-channel']))).message).toContain('channel 9');
  });

  test('program that does not exist: runtime, with the words of the container runtime', async () => {
    const error = await errorOf(exec(['no-such-program']));
    expect(error.kind).toBe('runtime');
    expect(error.message).toContain('executable file not found');
  });

  test('403 on the upgrade: http, with the status and the message of the body', async () => {
    const error = await errorOf(exec(['echo'], { pod: 'forbidden' }));
    expect(error).toMatchObject({ kind: 'http', status: 403 });
    expect(error.message).toContain('cannot create resource "pods/exec"');
  });

  test('accepted and never answered: timeout', async () => {
    const began = performance.now();
    expect(await errorOf(exec(['echo'], { pod: 'mute', timeoutMs: 150 }))).toMatchObject({ kind: 'timeout' });
    expect(performance.now() - began).toBeLessThan(1500);
  });

  test('never ends: timeout', async () => {
    const error = await errorOf(exec(['hang'], { timeoutMs: 150 }));
    expect(error.message).toContain('not done after 150 ms');
  });

  test('silence without pongs: stale; with pongs it goes on', async () => {
    expect(await errorOf(exec(['hang'], { pod: 'silent', silenceMs: 150 }))).toMatchObject({ kind: 'stale' });
    expect(await errorOf(exec(['hang'], { silenceMs: 150, timeoutMs: 600 }))).toMatchObject({
      kind: 'timeout',
    });
  });

  test('output counts as life where pings are not answered', async () => {
    const { stdout } = await exec(['trickle'], { pod: 'silent', silenceMs: 250 });
    expect(stdout).toBe('..........');
  });

  test('more output than the cap: maxbuffer, with what fits', async () => {
    const error = await errorOf(exec(['flood', '50000'], { maxBytes: 2000 }));
    expect(error.kind).toBe('maxbuffer');
    expect(error.stdout).toHaveLength(2000);
  });

  test('with onLine the cap is for a line, not for all of them', async () => {
    let lines = 0;
    await exec(['flood', '3000000'], { maxBytes: 2000, onLine: () => (lines += 1) });
    expect(lines).toBe(2930);
    const error = await errorOf(exec(['bytes', 'x'.repeat(600)], { maxBytes: 500, onLine: () => undefined }));
    expect(error.message).toContain('a line of stdout is longer than 500 bytes');
  });

  test('aborted before and while it runs: aborted', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    expect(await errorOf(exec(['hang'], { signal: controller.signal }))).toMatchObject({ kind: 'aborted' });
    expect(await errorOf(exec(['echo'], { signal: controller.signal }))).toMatchObject({ kind: 'aborted' });
  });

  test('an error of the caller is the outcome', async () => {
    const onLine = (): never => {
      throw new Error('disk full');
    };
    await expect(exec(['half-line'], { onLine })).rejects.toThrow('disk full');
    await expect(exec(['hang'], { onOpen: onLine })).rejects.toThrow('disk full');
  });

  test('nobody listens: transport, and no secret is told', async () => {
    const gone = await startApiServer();
    const lonely = await connect({ name: 'cluster2', kubeconfig: await gone.kubeconfig() });
    await gone.close();
    const error = await errorOf(
      lonely.exec({ namespace: 'sample', pod: 'sleep-1', command: ['echo', SECRET_TOKEN] }),
    );
    expect(error.kind).toBe('transport');
    expect(error.message).toContain('ECONNREFUSED');
    await lonely.close();
  });
});

describe('a server that speaks v4 only', () => {
  test('runs commands, and refuses standard input that it could not end', async () => {
    const old = await startApiServer({ protocols: ['v4.channel.k8s.io'] });
    const client = await connect({ name: 'old', kubeconfig: await old.kubeconfig() });
    const request = { namespace: 'sample', pod: 'sleep-1' };
    expect(await client.exec({ ...request, command: ['exit', '7'] })).toMatchObject({ exitCode: 7 });
    const error = await errorOf(client.exec({ ...request, command: ['cat'], stdin: 'x' }));
    expect(error.kind).toBe('protocol');
    expect(error.message).toContain('cannot end standard input');
    await client.close();
    await old.close();
  });

  test('a server that chooses no protocol of ours is a protocol error', async () => {
    const odd = await startApiServer({ protocols: ['channel.k8s.io'] });
    const client = await connect({ name: 'odd', kubeconfig: await odd.kubeconfig() });
    const error = await errorOf(client.exec({ namespace: 'sample', pod: 'sleep-1', command: ['echo'] }));
    expect(error.kind).toBe('protocol');
    await client.close();
    await odd.close();
  });
});
