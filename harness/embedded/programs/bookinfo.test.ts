import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Resource } from '../types.ts';
import { TestCluster } from '../kubelet/test-cluster.ts';

const image = (name: string): string => `docker.io/istio/examples-bookinfo-${name}:1.20.3`;

let cluster: TestCluster;
let page: string;

beforeEach(async () => {
  cluster = new TestCluster();
  for (const name of ['details', 'ratings', 'reviews', 'productpage']) cluster.serve(name, 9080);
  for (const name of ['details', 'productpage', 'ratings']) cluster.deploy(name, image(`${name}-v1`));
  const pod = await cluster.readyPod('productpage');
  page = `http://${(pod['status'] as { podIP: string }).podIP}:9080`;
  await Promise.all(['details', 'ratings'].map((name) => cluster.readyPod(name)));
});
afterEach(() => cluster.close());

const read = async (path: string, init?: RequestInit): Promise<string> =>
  (await fetch(page + path, init)).text();

async function deployReviews(version: string): Promise<Resource> {
  cluster.deploy('reviews', image(`reviews-${version}`));
  return cluster.readyPod('reviews');
}

describe("Bookinfo's page", () => {
  test.each([
    ['v1', []],
    ['v2', ['black', 'black']],
    ['v3', ['red', 'red']],
  ])('with reviews %s says which pod served them, and shows its stars', async (version, colors) => {
    const pod = await deployReviews(version);
    const text = await read('/productpage');
    expect(/Reviews served by:[\s\S]*?(reviews-[a-z0-9-]+)/.exec(text)?.[1]).toBe(pod.metadata.name);
    expect([...text.matchAll(/color="(red|black)"/g)].map(([, color]) => color)).toEqual(colors);
    expect(JSON.parse(await read('/api/v1/products/0/reviews'))).toMatchObject({
      podname: pod.metadata.name,
    });
  });

  test('without reviews, or without ratings, says that they are missing', async () => {
    expect(await read('/productpage')).toContain('Error fetching product reviews');
    await deployReviews('v2');
    cluster.scale('ratings', 0);
    await cluster.eventually(() => cluster.pods('ratings').length === 0 || undefined);
    expect(await read('/productpage')).toContain('Ratings service is currently unavailable');
  });

  test('knows a visitor who signed in, until they sign out', async () => {
    const body = new URLSearchParams({ username: 'jason', passwd: 'x' });
    const signedIn = await fetch(`${page}/login`, { method: 'POST', body, redirect: 'manual' });
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([302, '/productpage']);
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(await read('/productpage', { headers: { cookie } })).toContain('jason (<a href="/logout">');
    expect(await read('/productpage')).toContain('Sign in');
    const out = await fetch(`${page}/logout`, { redirect: 'manual' });
    expect(out.headers.get('set-cookie')).toMatch(/^session=; Max-Age=0/);
  });
});
