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

const optionalNumber = z.number().optional().catch(undefined);
const weighted = z.object({
  weights: z.record(z.string(), z.number().min(0)),
  margin: optionalNumber,
  acceptable: optionalNumber,
});

export const distributionMistakes: MeaningCheck = (rule) => {
  const { data } = weighted.safeParse(rule);
  if (data === undefined) return [];
  const total = Object.values(data.weights).reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return [{ field: 'weights', text: 'expected at least one weight above 0' }];
  if (!Number.isFinite(total)) return [{ field: 'weights', text: 'expected weights with a finite sum' }];
  const { margin, acceptable, weights } = data;
  const shares = expectedShares({ kind: 'distribution', weights }).map(({ share }) => share);
  if (shares.length === 1) return [];
  const widest = Math.min(...shares.map((share) => Math.max(share, 1 - share)));
  const rejectable = margin ?? Math.min(...shares.map(defaultMargin));
  const mistakes: Mistake[] = [];
  if (rejectable >= widest) {
    const text = `expected a margin below ${String(widest)}: any share at all would lie within this one`;
    mistakes.push({ field: 'margin', text });
  }
  if (acceptable !== undefined && acceptable > rejectable) {
    const text = `expected at most the margin (${String(rejectable)}): what is rejectable cannot be acceptable`;
    mistakes.push({ field: 'acceptable', text });
  }
  return mistakes;
};

const listing = z.object({ labels: z.array(z.unknown()), minShare: optionalNumber });

export const reachesMistakes: MeaningCheck = (rule) => {
  const { data } = listing.safeParse(rule);
  if (data === undefined) return [];
  const mistakes: Mistake[] = [];
  const repeated = data.labels.find((label, index) => data.labels.indexOf(label) < index);
  if (repeated !== undefined) {
    mistakes.push({
      field: 'labels',
      text: `expected each label once, found ${JSON.stringify(repeated)} twice`,
    });
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
