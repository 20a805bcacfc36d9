import type { Answer } from '../traffic/types.ts';
import type { Assessment, FailoverRule } from '../verdict/types.ts';
import type { Outcome } from './recorder.ts';
import { seconds } from './words.ts';

/** Why a caller that lost nothing proves nothing. */
type Doubt = Pick<Outcome, 'reason' | 'message'>;

/**
 * Pauses up to here are no gap: a loop makes up for launches that are late by less, and laptops that have other things to
 * do pause it so long now and then. An outage of up to a second that falls into such a pause as a whole is not seen.
 */
const FLOOR_MS = 1000;
/** The same for calls that go on for a minute and more, in which a pause of a second or two is common: the limit of one call. */
const PAUSE_MS = 5000;
/** So many answers of a clean run may be chance while both still answer in turn. */
const BY_CHANCE = 10;

/**
 * Whether a caller that lost few calls made too few to say so: where it had no processor for a while between an event and
 * the first answers of the takeover, more calls than the limit could have been lost without being made. Undefined where it
 * called often enough.
 *
 * @param answers those since the event, by which the takeover was assessed
 */
export function samplingGap(
  rule: FailoverRule,
  { switchMs, errors = 0, message }: Assessment,
  { answers, perSecond }: { readonly answers: readonly Answer[]; readonly perSecond: number },
): Doubt | undefined {
  const beganMs = typeof rule.eventMs === 'number' ? rule.eventMs : rule.eventMs[0];
  const calls = answers.toSorted((one, other) => one.sentMs - other.sentMs);
  const start = calls.findIndex(
    ({ label, receivedMs }) => label === rule.to && receivedMs - beganMs === switchMs?.upper,
  );
  if (start < 0) return undefined;
  const allowedMs = Math.max(FLOOR_MS, ((rule.maxErrors - errors + 1) * 1000) / perSecond);
  const launches = calls.slice(0, start + BY_CHANCE).map(({ sentMs }) => Math.max(sentMs, beganMs));
  const longestMs = longestPauseMs([beganMs, ...launches]);
  if (longestMs <= allowedMs) return undefined;
  return doubt('between the event and the takeover', { longestMs, perSecond, message });
}

/**
 * The same where calls are to go on being answered: whether their caller made none for longer than one may take, and slept
 * through what it shall tell of.
 *
 * @param answers those that were judged, and some of before the event
 */
export function samplingPause(
  answers: readonly Answer[],
  {
    sinceMs,
    perSecond,
    message,
  }: { readonly sinceMs: number; readonly perSecond: number; readonly message: string },
): Doubt | undefined {
  const launches = answers.map(({ sentMs }) => Math.max(sentMs, sinceMs)).sort((one, other) => one - other);
  const longestMs = longestPauseMs(launches);
  if (longestMs <= PAUSE_MS) return undefined;
  return doubt('of what is judged', { longestMs, perSecond, message });
}

const longestPauseMs = (launches: readonly number[]): number =>
  Math.max(0, ...launches.slice(1).map((sentMs, index) => sentMs - (launches[index] ?? sentMs)));

/** @param seen.message what was judged, all the same */
function doubt(
  when: string,
  seen: { readonly longestMs: number; readonly perSecond: number; readonly message: string },
): Doubt {
  const { longestMs, perSecond } = seen;
  const uncalled = String(Math.floor((longestMs * perSecond) / 1000));
  return {
    reason: 'sampling-gap',
    message:
      `for ${seconds(longestMs)} ${when} the caller made no call, in which ${uncalled} could have been lost unseen: ` +
      `its node had no processor for it. Play it again where less runs beside it (${seen.message})`,
  };
}
