import { core, extended, type Page, type Session, type Target } from '#harness';

/** The page as a visitor reads it: who served the reviews, by the name of its pod. */
export const page: Page = {
  path: '/productpage',
  answeredBy: {
    version: 'Reviews served by:[\\s\\S]*?reviews-(v\\d)-',
    instance: 'Reviews served by:[\\s\\S]*?(reviews-v\\d-[a-z0-9-]+)',
  },
};

/**
 * The same visitor's look at the stars: a font's colour on older pages, a class's on newer ones. They stand before the
 * server's name; where there are none, that comes first.
 */
export const stars: Page = {
  ...page,
  answeredBy: {
    version: '(?<=color="|gap-x-1 text-)(?:red|black)|Reviews served by',
    names: { 'Reviews served by': 'none' },
  },
};

/** Paths that the document lets in and that answer 200. */
export const dataPaths = ['/api/v1/products', '/api/v1/products/0', '/api/v1/products/0/reviews'] as const;

/** Paths that it does not let in. */
export const otherPaths = ['/', '/health', '/productpage/', '/reviews/0', '/details/0', '/stats'] as const;

/** How visitors sign in, by the page's own form, and out. */
export const session: Session = {
  page: '/productpage',
  signIn: '/login',
  signOut: '/logout',
  user: 'jason',
};

/** The document has one control plane. That the same holds where each cluster has its own is beyond its words. */
export const documented = (variant: string): typeof core => (variant === 'multi-primary' ? extended : core);

/** The same reviews as data, from the page's interface for programs. */
export const reviewsAsData: Page = {
  path: '/api/v1/products/0/reviews',
  answeredBy: { version: '"podname": ?"reviews-(v\\d)-', instance: '"podname": ?"([a-z0-9-]+)"' },
};

/** What serving the page takes: from the page's pod to reviews. */
export const reviews: Target = { url: 'http://reviews:9080/', answeredBy: { version: '.' } };

/** What cluster2 runs behind its gateway, whatever that is. */
export const applications = [
  'productpage',
  'details',
  'ratings',
  'reviews',
  'reviews-v1',
  'reviews-v2',
] as const;

/** cluster2 has everything but v3, which runs in cluster1. */
export const everything = {
  cluster2: ['ingress-gateway', 'bookinfo-routes', ...applications],
  cluster1: ['ratings-service', 'reviews', 'reviews-v3'],
} as const;

/** By the cluster that served the reviews. */
export const byCluster: Page = {
  ...page,
  answeredBy: { ...page.answeredBy, names: { v1: 'cluster2', v2: 'cluster2', v3: 'cluster1' } },
};

/** What the page says where it gets no reviews; it is up all the same. */
export const withoutReviews: Page = {
  ...page,
  answeredBy: {
    version: 'Error fetching product reviews|reviews-v\\d',
    names: { 'Error fetching product reviews': 'no reviews' },
  },
};
