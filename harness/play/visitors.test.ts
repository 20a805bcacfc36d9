import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { Visitors } from './visitors.ts';

let scene: LocalScene;
let server: Server;
let visitors: Visitors;
let setCookie: readonly string[];
let asked: string[];

beforeEach(async () => {
  scene = await localScene({});
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.cookie ?? 'no cookie'}`);
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
