import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loopCommand } from '../../traffic/loop.ts';

const script = fileURLToPath(new URL('./curl.cjs', import.meta.url));
const server = createServer((request, response) => {
  const { url = '', headers } = request;
  if (url === '/hangs') return;
  if (url === '/breaks') {
    request.socket.destroy();
    return;
  }
  response.setHeader('x-envoy-attempt-count', '2');
  response.end(`${url} of ${headers.host ?? ''} ${headers.cookie ?? ''}\n`);
});
let at: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = `::127.0.0.1:${String((server.address() as { port: number }).port)}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function curl(...words: string[]): Promise<Ran> {
  try {
    const ran = await promisify(execFile)(process.execPath, [script, '-q', '--connect-to', at, ...words]);
    return { code: 0, ...ran };
  } catch (error) {
    const { code, stdout, stderr } = error as Ran;
    return { code, stdout, stderr };
  }
}

/** The arguments that the harness' loop gives to curl. */
const ofTheLoop = (url: string, timeoutMs = 5000): string[] => {
  const answeredBy = { version: '.' };
  const loop = { mode: 'plain', url, requests: 1, answeredBy, cookies: { a: 'b' }, timeoutMs } as const;
  return [...loopCommand(loop, 'M').slice(12), url];
};

describe('the stand-in for curl', () => {
  test('understands all that the loop asks for, and writes its record', async () => {
    const ran = await curl(...ofTheLoop('http://hello:5000/x'));
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toMatch(/^\/x of hello:5000 a=b\n\nM r 0 0 200 \d{4,5} 1 0\.\d{6} \[2\] \n$/);
  });

  test('keeps its connection from one URL to the next', async () => {
    const urls = ['http://hello/1', 'http://hello/2'];
    const { stdout } = await curl('-s', '-w', '%{urlnum} %{num_connects} %{local_port}\\n', ...urls);
    const [first = [], second = []] = [...stdout.matchAll(/^(\d) (\d) (\d+)$/gm)];
    expect([first[2], second[2], second[3]]).toEqual(['1', '0', first[3]]);
  });

  test.each([
    ['a server that says nothing', '/hangs', 28],
    ['a connection that is cut', '/breaks', 52],
  ])("exits by curl's code for %s", async (_what, path, code) => {
    const ran = await curl(...ofTheLoop(`http://hello${path}`, code === 28 ? 300 : undefined));
    expect(ran.code).toBe(code);
    expect(ran.stdout).toMatch(new RegExp(`M r 0 ${String(code)} 000 `));
  });

  test('refuses what it does not know', async () => {
    expect(await curl('--http3', 'http://hello/')).toMatchObject({
      code: 2,
      stderr: 'curl: option --http3: not known to this stand-in for curl\n',
    });
  });
});
