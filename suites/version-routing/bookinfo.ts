import type { Meanings, Page, ScenarioCluster, Target } from '#harness';

/** The page as a visitor reads it: who served the reviews, by the name of its pod. */
export const page: Page = {
  path: '/productpage',
  answeredBy: {
    version: 'Reviews served by:[\\s\\S]*?reviews-(v\\d)-',
    instance: 'Reviews served by:[\\s\\S]*?(reviews-v\\d-[a-z0-9-]+)',
  },
};

/** The same visitor's look at the stars. They stand before the server's name; where there are none, that comes first. */
export const stars: Page = {
  ...page,
  answeredBy: {
    version: '(?<=color="|gap-x-1 text-)(?:red|black)|Reviews served by',
    names: { 'Reviews served by': 'none' },
  },
};

const inCluster2 = { v1: 'cluster1', v2: 'cluster2', v3: 'cluster2' };

/** By the cluster that served the reviews. */
export const byCluster: Page = { ...page, answeredBy: { ...page.answeredBy, names: inCluster2 } };

/** What serving the page takes: from the page's pod to reviews. */
export const reviews: Target = { url: 'http://reviews:9080/', answeredBy: { version: '.' } };

/** A caller in the page's place, who sees why a call failed where the page only says that it did. */
export const reviewsAsData: Target = {
  url: 'http://reviews:9080/reviews/0',
  answeredBy: { version: '"podname": ?"reviews-(v\\d)-', instance: '"podname": ?"([a-z0-9-]+)"' },
};

/** The same, by the cluster that answers. */
export const callsByCluster: Target = {
  ...reviewsAsData,
  answeredBy: { ...reviewsAsData.answeredBy, names: inCluster2 },
};

/** The same call as the page makes it for jason. */
export const reviewsForJason: Target = { ...reviewsAsData, headers: { 'end-user': 'jason' } };

/** What jason types into the page's form; it takes any password. */
export const jason = { username: 'jason', passwd: 'x' };

/** The page and what it takes to get at it. */
export const thePage = ['ingress-gateway', 'bookinfo-routes', 'productpage', 'details'] as const;

/** The page runs in cluster1 with v1 of reviews; ratings and the other two versions in cluster2. */
export const everything = {
  cluster1: [...thePage, 'reviews', 'reviews-v1'],
  cluster2: ['ratings', 'reviews', 'reviews-v2', 'reviews-v3'],
} as const;

/**
 * The document's namespace is `default`, its clusters have addresses of their own, and its gateway the port
 * 15443 and the label `istio: eastwestgateway`: what stands for them in the manifests, and what it means here.
 */
export function here(namespace: string, cluster2: Pick<ScenarioCluster, 'mesh'>): Meanings {
  const { addresses = [], selector = {}, port } = cluster2.mesh.eastWestGateway ?? {};
  const [gateway] = addresses;
  if (gateway === undefined || port === undefined) throw new Error('the gateway of cluster2 has no address');
  return {
    'reviews.default.': `reviews.${namespace}.`,
    '192.0.2.2': gateway,
    // Of the endpoint, not of the Gateway: from outside a node's port may stand for it.
    '15443': { http1: port },
    // A Gateway that selects nothing in particular would be for every proxy.
    ...(Object.keys(selector).length === 0 ? {} : { eastwestgateway: selector }),
  };
}
