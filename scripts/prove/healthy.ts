import type { Task } from './play.ts';
import type { Played } from './types.ts';

/** Load balancers that a healthy mesh is proved with: Istio's own, and the other two as the default of the whole mesh. */
export const BALANCERS = ['LEAST_REQUEST', 'ROUND_ROBIN', 'RANDOM'] as const;

/** A suite end to end on a mesh with nothing wrong, under one load balancer. */
export interface Healthy {
  readonly suite: string;
  readonly balancer: (typeof BALANCERS)[number];
}

/** Every suite under every load balancer. */
export const healthyRows = (suites: readonly string[]): readonly Healthy[] =>
  suites.flatMap((suite) => BALANCERS.map((balancer) => ({ suite, balancer })));

/** How a healthy row is run. */
export function healthyTask({ suite, balancer }: Healthy, seed: number): Task {
  return balancer === 'LEAST_REQUEST'
    ? { suite, seed }
    : { suite, seed, defect: `other-balancer=${balancer}` };
}

/** What is not conformant in a run of a healthy mesh; empty where all that was judged is. */
export function falseAlarms({ exit, checks }: Played): readonly string[] {
  const wrong = checks.filter(({ verdict }) => verdict !== 'conformant' && verdict !== 'skipped');
  return [
    ...(exit === 0 ? [] : [`expected exit 0, saw ${String(exit)}`]),
    ...wrong.map(({ id, verdict, message }) => `${id}: ${verdict}: ${message}`),
  ];
}
