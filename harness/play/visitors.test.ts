import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { Visitors } from './visitors.ts';

let scene: LocalScene;
let server: Server;
let visitors: Visitors;
let setCookie: readonly string[];
let asked: string[];
/** Of the requests, every so manieth gets in; 0: none. */
let everyNth: number;
/** Where a bookstore sends whoever signs in or out, by which status, and whether it forgets them then; undefined: none. */
let bookstore: { readonly sendsTo: string; readonly status?: number; readonly forgets: boolean } | undefined;

function sell(
  { url, headers }: IncomingMessage,
  response: ServerResponse,
  { sendsTo, status = 302, forgets }: NonNullable<typeof bookstore>,
): void {
  if (url === '/productpage') {
    response.end(`Book of ${headers.cookie?.replace('session=', '') ?? 'nobody'}`);
    return;
  }
  // As Istio's page: back to where the visitor says to come from.
  const location = sendsTo === '/productpage' ? (headers.referer ?? 'None') : sendsTo;
  const kept = url === '/login' || !forgets ? 'jason' : '';
  response.writeHead(status, { location, 'set-cookie': `session=${kept}; Path=/` }).end();
}

beforeEach(async () => {
  scene = await localScene({});
  asked = [];
  everyNth = 0;
  setCookie = [];
  bookstore = undefined;
  server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.cookie ?? 'no cookie'}`);
    if (request.url === '/elsewhere') {
      const isIn = everyNth > 0 && asked.length % everyNth === 0;
      response.writeHead(isIn ? 200 : 404, isIn ? { 'x-envoy-upstream-service-time': '1' } : {}).end();
      return;
    }
    if (bookstore !== undefined) {
      sell(request, response, bookstore);
      return;
    }
    response.writeHead(302, { location: '/', 'set-cookie': [...setCookie] }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  visitors = new Visitors(scene.scene, `http://127.0.0.1:${String(port)}`);
});

afterEach(async () => {
  server.close();
  await scene.close();
});

test('signing in sends the form, and gives the cookies that it sets', async () => {
  setCookie = ['session=abc; Path=/; HttpOnly', 'theme=dark'];
  expect(await visitors.signIn('/login', { username: 'jason' })).toEqual({ session: 'abc', theme: 'dark' });
  expect(asked).toEqual(['POST /login no cookie']);
});

test('signing in that sets no cookie is an error', async () => {
  setCookie = [];
  await expect(visitors.signIn('/login', { username: 'jason' })).rejects.toThrow(
    /HTTP 302 and set no cookie/,
  );
});

test('signing out shows the cookies, and gives those that are not deleted', async () => {
  setCookie = ['session=; Path=/; Max-Age=0'];
  expect(await visitors.signOut('/logout', { session: 'abc', theme: 'dark' })).toEqual({ theme: 'dark' });
  expect(asked).toEqual(['GET /logout session=abc; theme=dark']);
});

test('signing out that deletes nothing leaves one signed in', async () => {
  setCookie = [];
  expect(await visitors.signOut('/logout', { session: 'abc' })).toEqual({ session: 'abc' });
});

const CONTROL = { served: '/productpage' };
const session = { page: '/productpage', signIn: '/login', signOut: '/logout', user: 'jason' };

describe('visitors sign in and out', () => {
  beforeEach(() => {
    bookstore = { sendsTo: '/productpage', forgets: true };
  });

  test('by the form, and the link, of a page that then says so', async () => {
    const signedIn = await visitors.signsIn(session);
    expect(signedIn).toEqual({
      holds: true,
      seen: 'POST /login: HTTP 302, to /productpage; /productpage then answers HTTP 200 with the name jason',
    });
    expect(await visitors.signsOut(session)).toMatchObject({ holds: true });
    expect(asked.filter((one) => one.includes('/log'))).toEqual([
      'POST /login no cookie',
      'POST /login no cookie',
      'GET /logout session=jason',
    ]);
  });

  test('not where they are sent elsewhere', async () => {
    bookstore = { sendsTo: '/', forgets: true };
    expect(await visitors.signsIn(session)).toMatchObject({ holds: false });
    expect((await visitors.signsOut(session)).seen).toMatch(
      /^GET \/logout: HTTP 302, to \/;.* expected HTTP 302 to \/productpage, and that without the name$/,
    );
  });

  test('not where they are told to stay', async () => {
    bookstore = { sendsTo: '/productpage', status: 200, forgets: true };
    expect(await visitors.signsIn(session)).toMatchObject({ holds: false });
    expect(await visitors.signsOut(session)).toMatchObject({ holds: false });
  });

  test('not where who signs out is known still', async () => {
    bookstore = { sendsTo: '/productpage', forgets: false };
    expect(await visitors.signsOut(session)).toMatchObject({ holds: false });
  });

  test('not where the form is not let in', async () => {
    bookstore = undefined;
    expect(await visitors.signsIn(session)).toMatchObject({ holds: false });
    expect(await visitors.signsOut(session)).toEqual({
      holds: false,
      seen: 'nobody could sign in at /login',
    });
  });
});

test('a path that is refused to every one of many visitors is refused, and it is told what that rules out', async () => {
  const found = await visitors.isRefused(CONTROL, '/elsewhere');
  expect(found).toMatchObject({ holds: true, figures: { calls: 135, wrong: 0, letIn: 0 } });
  expect(found.seen).toContain('if 5 % of them got in, that would be missed 1 time in 1,000');
  expect(asked).toHaveLength(137);
});

test('where not even a served page says that it comes from behind the gateway, nothing is told of other paths', async () => {
  bookstore = { sendsTo: '/', forgets: true };
  const reason =
    /expected the header x-envoy-upstream-service-time .*Take proxyHeaders\.envoyDebugHeaders\.disabled out/;
  await expect(visitors.isRefused(CONTROL, '/elsewhere')).rejects.toThrow(reason);
  await expect(visitors.arrives(CONTROL, '/elsewhere')).rejects.toThrow(reason);
});

test('where that page is not served, other paths are judged by themselves', async () => {
  expect(await visitors.arrives(CONTROL, '/elsewhere')).toMatchObject({ holds: false });
});

test('a path that lets in every third visitor is not refused, and no later look can change that', async () => {
  everyNth = 3;
  const found = await visitors.isRefused(CONTROL, '/elsewhere');
  expect(found).toMatchObject({ holds: false, final: true, figures: { letIn: 45 } });
  expect(found.seen).toContain('/elsewhere: HTTP 200 from behind the gateway');
});

test('a path that lets in whoever comes first is looked at again: its rule may be on its way', async () => {
  everyNth = 1;
  const found = await visitors.isRefused(CONTROL, '/elsewhere');
  expect([found.holds, found.final]).toEqual([false, undefined]);
});
