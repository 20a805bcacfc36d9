import { chmod, readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeApiServer, SECRET_TOKEN, startApiServer } from '../../fixtures/api-server/server.ts';
import { ApiError, type Cluster, ClusterError, connect } from './cluster.ts';

let server: FakeApiServer;
const open: Cluster[] = [];
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(async () => {
  await Promise.all(open.map((cluster) => cluster.close()));
  await server.close();
});

async function connected(kubeconfig: string, context?: string): Promise<Cluster> {
  const cluster = await connect({ name: 'cluster1', kubeconfig, context });
  open.push(cluster);
  return cluster;
}

async function refusal(working: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await working.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClusterError)) throw new Error(`ClusterError expected, got ${String(error)}`);
  expect(error.message).not.toContain(SECRET_TOKEN);
  return error;
}

async function written(text: string): Promise<string> {
  const file = await server.kubeconfig();
  await writeFile(file, text);
  return file;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A credential plugin: prints a token, another one at each run. */
async function plugin(script: string): Promise<object> {
  const file = await written(`#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: file, args: [] } };
}

describe('a kubeconfig that works', () => {
  test('with a token', async () => {
    const cluster = await connected(await server.kubeconfig());
    expect(await cluster.version()).toBe('v1.34.0-fixture');
    expect(cluster.server).toBe(server.url);
  });

  test('with a client certificate, for requests and for exec', async () => {
    const { cert, key } = await server.authority.issue({ name: 'jane' });
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    const cluster = await connected(await server.kubeconfig({ user }));
    expect(await cluster.version()).toContain('v1');
    const { stdout } = await cluster.exec({ namespace: 'a', pod: 'b', command: ['echo', 'hi'] });
    expect(stdout).toBe('hi\n');
  });

  test('as somebody else, for requests and for exec: with the groups and all that kubectl sends', async () => {
    const user = {
      token: SECRET_TOKEN,
      as: 'deployer',
      'as-uid': '42',
      'as-groups': ['mesh-admins', 'testers'],
      'as-user-extra': { 'example.com/team': ['blue', 'red'] },
    };
    const cluster = await connected(await server.kubeconfig({ user }));
    server.seen.length = 0;
    await cluster.version();
    await cluster.exec({ namespace: 'a', pod: 'b', command: ['echo', 'hi'] });
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'UPGRADE']);
    for (const { headers } of server.seen)
      expect(headers).toMatchObject({
        'impersonate-user': 'deployer',
        'impersonate-uid': '42',
        // As Node shows two lines of one header.
        'impersonate-group': 'mesh-admins, testers',
        'impersonate-extra-example.com%2fteam': 'blue, red',
      });
  });

  test('with files named relative to it', async () => {
    const tokenFile = await written(`${SECRET_TOKEN}\n`);
    const user = { tokenFile: tokenFile.slice(tokenFile.lastIndexOf('/') + 1) };
    const cluster = await connected(await server.kubeconfig({ user }));
    expect(await cluster.version()).toContain('v1');
  });

  test('with a context other than the current one', async () => {
    const file = await server.kubeconfig({ context: 'arn:aws:eks:x' });
    const text = (await readFile(file, 'utf8')).replace(
      '"current-context": "arn:aws:eks:x"',
      '"current-context": "y"',
    );
    const cluster = await connected(await written(text), 'arn:aws:eks:x');
    expect(await cluster.version()).toContain('v1');
  });

  test('with a credential plugin whose token is renewed once when it is refused, for ten requests at once', async () => {
    const count = await written('0');
    const script = `n=$(($(cat ${count}) + 1)); echo $n > ${count}
printf '{"status":{"token":"plugin-%s","expirationTimestamp":"2099-01-01T00:00:00Z"}}' $n`;
    server.tokens.add('plugin-1');
    const cluster = await connected(await server.kubeconfig({ user: await plugin(script) }));
    await cluster.version();
    server.tokens.delete('plugin-1');
    server.tokens.add('plugin-2');
    const versions = await Promise.all(Array.from({ length: 10 }, () => cluster.version()));
    expect(new Set(versions).size).toBe(1);
    expect((await readFile(count, 'utf8')).trim()).toBe('2');
    server.tokens.delete('plugin-2');
    server.tokens.add('plugin-3');
    const { stdout } = await cluster.exec({ namespace: 'a', pod: 'b', command: ['echo', 'hi'] });
    expect(stdout).toBe('hi\n');
  });
});

test('credentials are renewed in the context that was current at first, whatever is current by now', async () => {
  interface Config {
    readonly clusters: readonly { readonly cluster: object }[];
    readonly contexts: readonly object[];
  }
  const other = await startApiServer();
  try {
    const read = async (file: string): Promise<Config> => JSON.parse(await readFile(file, 'utf8')) as Config;
    const file = await server.kubeconfig({ user: { token: 'first' } });
    server.tokens.add('first');
    const cluster = await connected(file);
    await cluster.version();
    const renewed = await read(await server.kubeconfig());
    const [elsewhere] = (await read(await other.kubeconfig())).clusters;
    const config = {
      ...renewed,
      clusters: [...renewed.clusters, { ...elsewhere, name: 'other' }],
      contexts: [...renewed.contexts, { name: 'other', context: { cluster: 'other', user: 'jane' } }],
      'current-context': 'other',
    };
    await writeFile(file, JSON.stringify(config));
    server.tokens.delete('first');
    expect(await cluster.version()).toContain('v1');
    expect(other.seen).toEqual([]);
  } finally {
    await other.close();
  }
});

describe('a kubeconfig that cannot work is refused in words', () => {
  test('missing', async () => {
    const error = await refusal(connected('/nonexistent/kubeconfig'));
    expect(error).toMatchObject({ kind: 'kubeconfig', cluster: 'cluster1' });
    expect(error.message).toContain('/nonexistent/kubeconfig cannot be read (ENOENT)');
    expect(error.message).toContain('remedy: ');
  });

  test('not YAML: the line is named but not quoted', async () => {
    const error = await refusal(
      connected(await written(`kind: Config\nusers:\n  - token: "${SECRET_TOKEN}\n a: b`)),
    );
    expect(error.message).toMatch(/is not YAML: line \d/);
  });

  test('empty', async () => {
    expect((await refusal(connected(await written('')))).message).toContain('holds no configuration');
  });

  test('a context that it does not have: those that it has are listed', async () => {
    const error = await refusal(connected(await server.kubeconfig(), 'production'));
    expect(error.message).toContain('no context "production" (it has: fixture)');
  });

  test('no current context', async () => {
    expect((await refusal(connected(await written('kind: Config')))).message).toContain('no current context');
  });

  test('a cluster entry that is missing', async () => {
    const text = await readFile(await server.kubeconfig(), 'utf8');
    const file = await written(text.replace('"cluster": "fixture"', '"cluster": "gone"'));
    expect((await refusal(connected(file))).message).toContain('names a cluster that the file does not have');
  });

  test('an expired client certificate', async () => {
    const { cert, key } = await server.authority.issue({
      name: 'jane',
      notAfter: new Date(Date.now() - 86_400_000),
    });
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    const error = await refusal(connected(await server.kubeconfig({ user })));
    expect(error.message).toMatch(/the credentials expired at \d{4}-/);
  });

  test('an expired JSON web token', async () => {
    const token = ['{"alg":"RS256"}', '{"exp":1700000000}', 'x'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    const error = await refusal(connected(await server.kubeconfig({ user: { token: token.join('.') } })));
    expect(error.message).toContain('the credentials expired at 2023-11-14');
    expect(error.message).not.toContain(token[1]);
  });

  test('a certificate that is none', async () => {
    const file = await server.kubeconfig({
      cluster: { 'certificate-authority-data': base64('-----BEGIN CERTIFICATE-----\nno') },
    });
    expect((await refusal(connected(file))).message).toContain('the certificates cannot be used');
  });

  test('a credential plugin that fails, and one that prints no JSON', async () => {
    const failing = await server.kubeconfig({
      user: await plugin('echo "session expired, log in" >&2; exit 1'),
    });
    const error = await refusal(connected(failing));
    expect(error.message).toContain('session expired, log in');
    expect(error.message).toContain('--kubeconfig');
    const chatty = await server.kubeconfig({ user: await plugin(`echo "welcome ${SECRET_TOKEN}"`) });
    expect((await refusal(connected(chatty))).message).toContain('its output is not JSON');
  });
});

describe('a server that cannot be used', () => {
  test('not reachable: unreachable, with a command to look', async () => {
    const gone = await startApiServer();
    const cluster = await connected(await gone.kubeconfig());
    await gone.close();
    const error = await refusal(cluster.version());
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).toMatch(/kubectl --kubeconfig \S+ get --raw \/readyz/);
  });

  test('not reachable while a variable names a proxy: only proxy-url counts, and that is said', async () => {
    const before = process.env['HTTPS_PROXY'];
    const gone = await startApiServer();
    const cluster = await connected(await gone.kubeconfig());
    await gone.close();
    process.env['HTTPS_PROXY'] = 'http://jane:secret@proxy.example:3128';
    try {
      const error = await refusal(cluster.version());
      expect(error.remedy).toMatch(
        /; HTTPS_PROXY is set, .* config set-cluster CLUSTER --proxy-url="\$HTTPS_PROXY"$/,
      );
      expect(error.message).not.toContain('secret');
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
    }
  });

  test('never answers: timeout', async () => {
    server.override(/^GET \/hang/, () => undefined);
    const cluster = await connected(await server.kubeconfig());
    const error = await refusal(cluster.request('GET', '/hang', { timeoutMs: 100 }));
    expect(error).toMatchObject({ kind: 'timeout' });
    expect(error.message).toContain('GET /hang was not answered within 100 ms');
  });

  test('stops in the middle of a body: timeout', async () => {
    server.override(/^GET \/stall/, (response) => {
      response.writeHead(200).write('{"half":');
    });
    const cluster = await connected(await server.kubeconfig());
    expect((await refusal(cluster.request('GET', '/stall', { timeoutMs: 100 }))).kind).toBe('timeout');
  });

  test('certificate of somebody else: certificate', async () => {
    const other = await startApiServer();
    const cluster = await connected(await server.kubeconfig({ cluster: { server: other.url } }));
    expect((await refusal(cluster.version())).kind).toBe('certificate');
    await other.close();
  });

  test('answers that are not JSON: protocol', async () => {
    server.override(/^GET \/portal/, (response) => {
      response.end('<html>log in');
    });
    const cluster = await connected(await server.kubeconfig());
    expect((await refusal(cluster.request('GET', '/portal'))).kind).toBe('protocol');
  });

  test('credentials that are refused: 401, after one renewal, with a remedy', async () => {
    const cluster = await connected(await server.kubeconfig({ user: { token: 'wrong' } }));
    server.seen.length = 0;
    const error = await refusal(cluster.version());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 401, reason: 'Unauthorized' });
    expect(error.remedy).toContain('get a fresh kubeconfig');
    expect(server.seen).toHaveLength(2);
  });
});

test('a kept connection that the server closed is not an error', async () => {
  const cluster = await connected(await server.kubeconfig());
  await cluster.version();
  server.cut();
  expect(await cluster.version()).toContain('v1');
});

test('a connection dropped before the answer is tried again, but not for ever, and a POST is not', async () => {
  const drop = (response: ServerResponse): void => {
    response.socket?.destroy();
  };
  server.override(/^GET \/version/, drop, 2);
  server.override(/^(GET|POST) \/drop/, drop);
  const cluster = await connected(await server.kubeconfig());
  expect(await cluster.version()).toContain('v1');
  server.seen.length = 0;
  expect((await refusal(cluster.request('GET', '/drop'))).kind).toBe('unreachable');
  expect(server.seen).toHaveLength(4);
  expect((await refusal(cluster.request('POST', '/drop', { body: {} }))).kind).toBe('unreachable');
  expect(server.seen).toHaveLength(5);
});

test('connections are kept', async () => {
  const cluster = await connected(await server.kubeconfig());
  const before = server.connections();
  for (let i = 0; i < 10; i++) await cluster.version();
  // The second may begin before the first's socket is back in the pool.
  expect(server.connections() - before).toBeLessThanOrEqual(2);
});

test('429 is waited out as long as the server says', async () => {
  const refuse = (response: ServerResponse): void => {
    response.writeHead(429, { 'retry-after': '1' }).end('{}');
  };
  server.override(/^GET \/version/, refuse, 1);
  const cluster = await connected(await server.kubeconfig());
  const began = performance.now();
  expect(await cluster.version()).toContain('v1');
  expect(performance.now() - began).toBeGreaterThan(900);
});

test('the clock is read from the Date header', async () => {
  const date = new Date('2030-05-01T10:00:00Z');
  server.override(
    /^GET \/version/,
    (response) => response.setHeader('date', date.toUTCString()).end('{}'),
    1,
  );
  const cluster = await connected(await server.kubeconfig());
  const { serverMs, localMs } = await cluster.clock();
  expect(serverMs).toBe(date.getTime() + 500);
  expect(Math.abs(localMs - Date.now())).toBeLessThan(2000);
});

test('an abort stops a request with its reason', async () => {
  server.override(/^GET \/hang/, () => undefined);
  const cluster = await connected(await server.kubeconfig());
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('interrupted')), 30);
  await expect(cluster.request('GET', '/hang', { signal: controller.signal })).rejects.toThrow('interrupted');
});

test('rights are asked for by SelfSubjectAccessReview', async () => {
  server.rights.add('create pods');
  const cluster = await connected(await server.kubeconfig());
  expect(await cluster.mayI({ verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'a' })).toBe(
    true,
  );
  expect(await cluster.mayI({ verb: 'delete', resource: 'nodes' })).toBe(false);
  expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toMatchObject({
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'delete', resource: 'nodes' } },
  });
});
