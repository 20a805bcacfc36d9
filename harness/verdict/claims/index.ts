import type { FailoverRule, Rule } from '../types.ts';
import { errorRateClaim, shareClaim } from './bound.ts';
import type { Claim } from './claim.ts';
import { distributionClaim } from './distribution.ts';
import { exclusiveClaim } from './exclusive.ts';
import { reachesClaim } from './reaches.ts';

/** A rule about which labels answer how often; failover alone is about when. */
export type CountingRule = Exclude<Rule, FailoverRule>;

/** How a rule reads the counts of answers. */
export function claimOf(rule: CountingRule): Claim {
  switch (rule.kind) {
    case 'distribution':
      return distributionClaim(rule);
    case 'exclusive':
      return exclusiveClaim(rule);
    case 'reaches':
      return reachesClaim(rule);
    case 'share':
      return shareClaim(rule);
    case 'errorRate':
      return errorRateClaim(rule);
  }
}
