/** What vitest runs: one test per scenario, in the order given, and some at once. Provisioning happened before, outside of it. */
import { afterAll, inject, test } from 'vitest';
import { connect } from '../cluster/cluster.ts';
import type { Member } from '../mesh/types.ts';
import { observed, openEventLog } from '../report/event-log.ts';
import { judgesTimes, playsAlone, type Scenario } from '../scenario.ts';
import { RunState } from '../state/state.ts';
import { deployAhead } from './ahead.ts';
import type { RunContext, ScenarioFile } from './context.ts';
import { endOfPlay, hearOfTheEnd } from './ending.ts';
import { play } from './play.ts';
import { unmetBy } from './precondition.ts';

declare module 'vitest' {
  interface ProvidedContext {
    run: RunContext;
  }
}

const context = inject('run');
const file = openEventLog(context.outDirectory);
/** The display is in the main thread. */
const display = new BroadcastChannel(`meshproof-${context.runId}`);
const log = observed(file, (event) => {
  display.postMessage(event);
});
const state = new RunState(context.clustersOf, context.stateBase);
const members: Member[] = await Promise.all(
  context.members.map(async ({ topology, provided }) => ({
    topology,
    provided,
    client: await connect({
      name: topology.name,
      kubeconfig: provided.kubeconfig,
      context: provided.context,
    }),
  })),
);

const ending = hearOfTheEnd(context.outDirectory);

/** A test that vitest cancels is given up at once; what it changed is being put back all the same. */
const plays: Promise<unknown>[] = [];
/** What is deployed ahead of a play that does not come is not waited for. */
const over = new AbortController();
afterAll(async () => {
  await Promise.allSettled(plays);
  over.abort();
  await Promise.all(members.map(({ client }) => client.close()));
  display.close();
  ending.close();
  file.close();
});

/** The precondition that does not hold, in words. All scenarios here are of one suite. */
let { unmet } = context;

interface Planned {
  readonly file: ScenarioFile;
  readonly scenario: Scenario;
}

const planned: readonly Planned[] = await Promise.all(
  context.scenarios.map(async (each) => {
    const { default: scenario } = (await import(/* @vite-ignore */ each.file)) as { default: Scenario };
    return { file: each, scenario };
  }),
);

/**
 * Pods do not start well in clusters of which something is taken away, and where times are judged none should start.
 * Trouble is told when the scenario is played.
 */
function prepare(next: Planned | undefined, { scenario: current }: Planned): void {
  if (!context.deploysAhead || next === undefined || !playsAlone(next.scenario)) return;
  if (current.disruptive === true || judgesTimes(current)) return;
  for (const member of members) {
    const injection = context.mesh.clusters[member.topology.name]?.injectionLabel;
    if (injection === undefined) continue;
    deployAhead(member, next, { ...context, injection, signal: over.signal }).catch(() => undefined);
  }
}

for (const [index, current] of planned.entries()) {
  const { file: scenarioFile, scenario } = current;
  const runs = context.atOnce > 1 && !playsAlone(scenario) ? test.concurrent : test;
  runs(`${scenario.claim} ${scenario.title}`, async ({ signal, expect }) => {
    // The run has the words for what was not played.
    if (ending.signal.aborted) return;
    prepare(planned[index + 1], current);
    const playing = play(scenario, scenarioFile, {
      ...{ context, members, state, log, unmet },
      signal: endOfPlay(signal, ending.signal),
    });
    plays.push(playing);
    const records = await playing;
    const wrong = records.filter(({ verdict }) => verdict === 'non-conformant');
    unmet = unmetBy(scenario, records) ?? unmet;
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });
}
