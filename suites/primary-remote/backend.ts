import type { Target } from '#harness';

/** A loop of calls to a service with one instance in each cluster: v1 in cluster1, v2 in cluster2, v3 in cluster3. */
export const backend: Target = {
  url: 'http://backend:8080/',
  answeredBy: { version: 'Hello version: (v[123]),', instance: 'instance: (\\S+)' },
};

/** The same answers by the region of the instance. */
export const byRegion: Target = {
  ...backend,
  answeredBy: { ...backend.answeredBy, names: { v1: 'r1', v2: 'r1', v3: 'r2' } },
};

/** An instance in every cluster, and a caller in each. */
export const everywhere = {
  cluster1: ['sleep', 'backend', 'backend-v1'],
  cluster2: ['sleep', 'backend', 'backend-v2'],
  cluster3: ['sleep', 'backend', 'backend-v3'],
} as const;

/**
 * An instance that failed is left alone for 5 s, and for 5 s longer each time that it is found failing again
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier#ejection-algorithm): 20 s where the
 * takeover before took half a minute to be judged. That is what the mesh was told to do, and no delay of its own.
 */
export const LEFT_ALONE_MS = 20_000;
