import { DEFAULTS } from '../verdict/defaults.ts';
import { errorRate } from '../verdict/rules.ts';

/** Every check of answers also wants fewer errors than this: an error is no version, and must not hide. */
export const COMPANION = errorRate({ below: DEFAULTS.errorRateBelow });
