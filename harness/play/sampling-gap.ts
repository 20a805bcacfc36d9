import type { Answer } from '../traffic/types.ts';
import type { Assessment, FailoverRule } from '../verdict/types.ts';
import { seconds } from './words.ts';

/**
 * Pauses up to here are no gap: a loop makes up for launches that are late by less, and laptops that have other things to
 * do pause it so long now and then. An outage of up to a second that falls into such a pause as a whole is not seen.
 */
const FLOOR_MS = 1000;
/** So many answers of a clean run may be chance while both still answer in turn. */
const BY_CHANCE = 10;

/**
 * Whether a caller that lost few calls made too few to say so: where it had no processor for a while between an event and
 * the first answers of the takeover, more calls than the limit could have been lost without being made. In words;
 * undefined where it called often enough.
 *
 * @param answers those since the event, by which the takeover was assessed
 */
export function samplingGap(
  rule: FailoverRule,
  { switchMs, errors = 0 }: Pick<Assessment, 'switchMs' | 'errors'>,
  { answers, perSecond }: { readonly answers: readonly Answer[]; readonly perSecond: number },
): string | undefined {
  const beganMs = typeof rule.eventMs === 'number' ? rule.eventMs : rule.eventMs[0];
  const calls = answers.toSorted((one, other) => one.sentMs - other.sentMs);
  const start = calls.findIndex(
    ({ label, receivedMs }) => label === rule.to && receivedMs - beganMs === switchMs?.upper,
  );
  if (start < 0) return undefined;
  const allowedMs = Math.max(FLOOR_MS, ((rule.maxErrors - errors + 1) * 1000) / perSecond);
  const launches = calls.slice(0, start + BY_CHANCE).map(({ sentMs }) => Math.max(sentMs, beganMs));
  const gaps = launches.map((sentMs, index) => sentMs - (launches[index - 1] ?? beganMs));
  const longestMs = Math.max(...gaps);
  if (longestMs <= allowedMs) return undefined;
  return (
    `for ${seconds(longestMs)} between the event and the takeover the caller made no call, in which ` +
    `${String(Math.floor((longestMs * perSecond) / 1000))} could have been lost unseen: its node had no processor for it. ` +
    `Play it again where less runs beside it`
  );
}
