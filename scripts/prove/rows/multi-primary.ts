/** Every defect that multi-primary has to answer, in the cheapest scenario that shows it. */
import { rowsOf, type Row } from '../types.ts';

export const multiPrimary: readonly Row[] = rowsOf('multi-primary', [
  // What was installed: discovery
  ['remote-secret-missing', 'flat/M1', 'discovers/cluster1'],
  ['remote-secret-missing', 'gateways/M2', 'reaches'],
  ['remote-token-stale', 'flat/M1', 'discovers/cluster1'],
  ['remote-address-wrong', 'flat/M1', 'discovers/cluster1'],
  ['reader-has-no-rights', 'flat/M1', 'discovers/cluster1'],
  ['reader-may-write', 'flat/M7', 'read-only/cluster2'],
  ['webhook-points-outside', 'flat/M7', 'no-webhook/cluster2'],
  ['injection-by-no-revision', 'gateways/M2', 'reaches'],
  [
    'control-plane-down',
    'flat/M1',
    '',
    'inconclusive',
    'no pod of cluster2 is let in: nothing of it can be judged',
  ],
  [
    'pods-never-ready',
    'flat/M1',
    '',
    'inconclusive',
    'no pod of cluster2 gets ready: nothing of it can be judged',
  ],
  [
    'api-server-stalls',
    'flat/M1',
    '',
    'inconclusive',
    'nobody can be asked what is so: nothing can be judged',
  ],
  // What was installed: networks
  ['network-label-missing', 'gateways/M2', 'reaches'],
  ['gateway-address-missing', 'gateways/M2', 'reaches'],
  ['gateway-object-missing', 'gateways/M2', 'reaches'],
  ['gateway-scaled-away', 'gateways/M2', 'reaches'],
  // Trust
  ['other-root', 'gateways/M8', 'shared-root'],
  ['other-root', 'gateways/M2', 'reaches'],
  ['clock-ahead', 'gateways/M8', 'identities'],
  ['identity-shared', 'flat/M8', 'identities'],
  ['identity-not-checked', 'flat/M8', 'no-certificate foreign-root'],
  ['mutual-tls-off', 'flat/M8', 'identities'],
  ['strangers-at-times', 'flat/M8', 'plaintext no-certificate foreign-root'],
  ['plaintext-accepted', 'flat/M8', 'plaintext'],
  // Shares
  ['remote-starved', 'flat/M2', 'reaches'],
  ['remote-starved', 'flat/M3', 'reaches'],
  ['local-starved', 'flat/M2', 'reaches'],
  ['locality-preferred', 'flat/M2', 'reaches'],
  ['one-endpoint', 'flat/M2', 'reaches'],
  ['weights=65/35', 'flat/M2', 'halves'],
  [
    'weights=60/40',
    'flat/M2',
    'halves',
    'not conformant',
    'at the edge of the margin it may not pass; often nothing is shown',
  ],
  [
    'connections-pinned',
    'flat/M2',
    'halves',
    'inconclusive',
    'from blocks of answers one caller cannot know the shares',
  ],
  ['endpoints-flapping', 'flat/M2', 'halves'],
  ['errors', 'flat/M2', 'reaches'],
  // Rules
  ['routes-leak', 'flat/M6', 'rule-in-1/cluster1'],
  ['routes-ignored', 'flat/M6', 'rule-in-1/cluster1'],
  ['subset-labels-ignored', 'flat/M6', 'rule-in-1/cluster1'],
  ['rules-cross', 'flat/M6', 'rule-in-1/cluster2'],
  ['rules-never-removed', 'flat/M6', 'rule-in-2/cluster1'],
  // Disruptions
  ['endpoints-frozen', 'flat/M4', 'v1-gone/cluster1'],
  ['failover-slow', 'flat/M4', 'v1-gone/cluster1'],
  ['failover-lossy', 'flat/M4', 'v1-gone/cluster1'],
  ['no-return', 'flat/M4', 'v1-back/cluster1'],
  ['remote-watch-late', 'flat/M4', 'v2-back/cluster1'],
  ['outlier-detection-missing', 'gateways/M5', 'frozen'],
  // A call each time that Envoy tries the dead gateway again; what a frozen node costs, one by one, may stay within bounds.
  ['retries-off', 'gateways/M5', 'gateway-only'],
  ['waits-for-other-clusters', 'flat/M9', 'unreachable/ready'],
  [
    'streams-cut',
    'flat/M2',
    '',
    'inconclusive',
    'what the harness asks is cut off: its own means, not the mesh',
  ],
  ['injector-of-another-revision', 'gateways/M11', 'moved'],
  // Not wrong
  ['other-balancer=RANDOM', 'flat/M2', '', 'conformant', 'no claim depends on the load balancer'],
  ['other-balancer=ROUND_ROBIN', 'flat/M2', '', 'conformant', 'no claim depends on the load balancer'],
]);
