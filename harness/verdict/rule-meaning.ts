/** Mistakes between the fields of a rule: what cannot be claimed, or could not be refuted by anything. */
import { z } from 'zod';
import { defaultMargin, expectedShares } from './claims/distribution.ts';

/** A field, and what is wrong with it in the light of the others. */
export interface Mistake {
  readonly field: string;
  readonly text: string;
}

/** Looks at whatever fields can be read; those that cannot have been complained about already. */
export type MeaningCheck = (rule: unknown) => readonly Mistake[];

const fraction = z.number().gt(0).lt(1).optional();
/** What is no fraction has been complained about already. */
const optionalFraction = fraction.catch(undefined);

/** No smaller share can be claimed: to tell it from none takes billions of answers. */
export const LEAST_SHARE = 1e-9;

/** Most answers that the prior of a margin may weigh: past it, evidence loses its digits, and no budget would decide. */
const MOST_PRIOR = 1e14;

const weighted = z.object({ weights: z.record(z.string(), z.number().min(0)) });
/** Of a margin that cannot be read nothing is known: nothing is too wide for it. */
const deviations = z.object({ margin: fraction.catch(Infinity), acceptable: optionalFraction });

/** What can be said of the weights, and the shares that they give where nothing is wrong with them. */
function sharesOf(rule: unknown): {
  readonly mistakes: readonly Mistake[];
  readonly shares: readonly number[];
} {
  const { data } = weighted.safeParse(rule);
  if (data === undefined) return { mistakes: [], shares: [] };
  const wrong = (text: string): ReturnType<typeof sharesOf> => ({
    mistakes: [{ field: 'weights', text }],
    shares: [],
  });
  const total = Object.values(data.weights).reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return wrong('expected at least one weight above 0');
  if (!Number.isFinite(total)) return wrong('expected weights with a finite sum');
  const shares = expectedShares({ kind: 'distribution', weights: data.weights }).map(({ share }) => share);
  if (Math.min(...shares) < LEAST_SHARE) {
    return wrong(
      `expected weights of 0, or shares of at least ${String(LEAST_SHARE)}: less takes billions of answers`,
    );
  }
  return { mistakes: [], shares };
}

/** What is wrong with a margin for these shares; where they are not known, no margin is too wide or too narrow. */
function marginMistakes(margin: number | undefined, shares: readonly number[]): Mistake[] {
  if (shares.length < 2 || margin === Infinity) return [];
  const widest = Math.min(...shares.map((share) => Math.max(share, 1 - share)));
  const narrowest = Math.max(...shares.map((share) => Math.sqrt((share * (1 - share)) / MOST_PRIOR)));
  if (margin !== undefined && margin < narrowest) {
    const text = `expected a margin of at least ${String(narrowest)}: a narrower one takes billions of answers`;
    return [{ field: 'margin', text }];
  }
  if ((margin ?? Math.min(...shares.map(defaultMargin))) < widest) return [];
  const text = `expected a margin below ${String(widest)}: any share at all would lie within this one`;
  return [{ field: 'margin', text }];
}

export const distributionMistakes: MeaningCheck = (rule) => {
  const { mistakes, shares } = sharesOf(rule);
  const { margin, acceptable } = deviations.safeParse(rule).data ?? {};
  const rejectable = margin ?? (shares.length > 1 ? Math.min(...shares.map(defaultMargin)) : Infinity);
  const found = [...mistakes, ...marginMistakes(margin, shares)];
  if (acceptable === undefined || acceptable <= rejectable || shares.length === 1) return found;
  const text = `expected at most the margin (${String(rejectable)}): what is rejectable cannot be acceptable`;
  return [...found, { field: 'acceptable', text }];
};

const listing = z.object({ labels: z.array(z.unknown()), minShare: optionalFraction });

export const reachesMistakes: MeaningCheck = (rule) => {
  const { data } = listing.safeParse(rule);
  if (data === undefined) return [];
  const mistakes: Mistake[] = [];
  const repeated = data.labels.filter((label, index) => data.labels.indexOf(label) < index);
  for (const label of new Set(repeated)) {
    const text = `expected each label once, found ${JSON.stringify(label)} more than once`;
    mistakes.push({ field: 'labels', text });
  }
  const largest = 1 / data.labels.length;
  if (data.minShare !== undefined && data.minShare > largest) {
    const text = `expected at most ${String(largest)}: ${String(data.labels.length)} labels cannot all have more`;
    mistakes.push({ field: 'minShare', text });
  }
  return mistakes;
};

const event = z.object({ eventMs: z.tuple([z.number(), z.number()]).optional().catch(undefined) });
const ends = z.object({ from: z.string(), to: z.string() });

export const failoverMistakes: MeaningCheck = (rule) => {
  const mistakes: Mistake[] = [];
  const labels = ends.safeParse(rule).data;
  if (labels !== undefined && labels.from === labels.to) {
    mistakes.push({ field: 'to', text: `expected another label than "from"` });
  }
  const [sent, acknowledged] = event.safeParse(rule).data?.eventMs ?? [0, 0];
  if (sent > acknowledged) {
    mistakes.push({ field: 'eventMs', text: 'expected the command to be sent before it is acknowledged' });
  }
  return mistakes;
};
