import { dirname } from 'node:path';
import { createNamespace, deleteNamespace } from '../deploy/namespace.ts';
import type { Member } from '../mesh/types.ts';
import type { EventLog } from '../report/event-log.ts';
import type { CheckRecord } from '../report/types.ts';
import type { Scenario } from '../scenario.ts';
import { placeOf } from '../provider/place-of.ts';
import type { RunState } from '../state/state.ts';
import { abortReason, sleep } from '../wait/wait.ts';
import type { Calls } from './calls.ts';
import type { RunContext, ScenarioFile } from './context.ts';
import { Diagnoser } from './diagnose.ts';
import { deployAdmitted } from './admission.ts';
import { examine, FACT_PATIENCE_MS } from './examine.ts';
import { namespaceOf } from './namespace.ts';
import { Recorder } from './recorder.ts';
import type { Scene } from './scene.ts';
import { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding, Stage } from './stage.ts';
import { PacedCalls } from './traffic.ts';

/** What a play needs besides the scenario. */
export interface Theatre {
  readonly context: RunContext;
  readonly members: readonly Member[];
  readonly state: RunState;
  readonly log: EventLog;
  readonly signal: AbortSignal;
  /** A precondition of the suite that does not hold, in words: then nothing is judged. */
  readonly unmet?: string | undefined;
}

/**
 * Plays one scenario: its namespaces and applications, then its steps, then puts back what it changed. Every declared
 * check has a verdict in the end: one that was not reached, because something of ours broke, is inconclusive.
 */
export async function play(
  scenario: Scenario,
  file: ScenarioFile,
  theatre: Theatre,
): Promise<readonly CheckRecord[]> {
  const scene = sceneOf(scenario, file, theatre);
  const startedAt = Date.now();
  if (theatre.unmet !== undefined) {
    await closeOpen(scene, { reason: 'precondition', message: theatre.unmet, startedAt });
    return scene.recorder.records;
  }
  try {
    await setUp(scenario, scene);
    await scenario.play(stageOf(scenario, scene));
    await closeOpen(scene, {
      reason: 'not-judged',
      message: 'the play ended without judging this check',
      startedAt,
    });
  } catch (error) {
    await closeOpen(scene, { ...described(error, scene), startedAt });
  } finally {
    await tearDown(scenario, scene);
  }
  return scene.recorder.records;
}

function sceneOf(scenario: Scenario, file: ScenarioFile, theatre: Theatre): Scene {
  const { context, members, log, state, signal } = theatre;
  const namespace = namespaceOf(context, file);
  const path = `${file.suite}/${context.variant}/${file.name}`;
  const declarations = scenario.checks({ bounds: context.bounds, variant: context.variant });
  const discovery = context.mesh.features.includes('endpoint-discovery');
  const out = { directory: context.outDirectory, path, discovery, signal };
  const diagnoser = new Diagnoser(members, namespace, out);
  const identity = {
    suite: file.suite,
    variant: context.variant,
    scenario: file.name,
    claim: scenario.claim,
  };
  const { settled, evidence, undecided } = context;
  const recorder = new Recorder(identity, declarations, { log, diagnoser, settled, evidence, undecided });
  return { context, members, namespace, path, folder: dirname(file.file), recorder, state, signal, undo: [] };
}

const membersOf = (scenario: Scenario, scene: Scene): { member: Member; apps: readonly string[] }[] =>
  Object.entries(scenario.apps).map(([cluster, apps]) => {
    const member = scene.members.find(({ topology }) => topology.name === cluster);
    if (member === undefined) throw new Error(`the topology has no cluster ${cluster}`);
    return { member, apps };
  });

async function setUp(scenario: Scenario, scene: Scene): Promise<void> {
  const { context, namespace, recorder } = scene;
  recorder.step = 'deploy';
  recorder.say(`deploying: ${scenario.title}`);
  const deployed = await Promise.allSettled(
    membersOf(scenario, scene).map(async ({ member, apps }) => {
      scene.state.willUndo({ kind: 'namespace', ...placeOf(member.provided), name: namespace });
      const injection = context.mesh.clusters[member.topology.name]?.injectionLabel ?? {
        key: 'istio-injection',
        value: 'enabled',
      };
      await createNamespace(member.client, namespace, {
        runId: context.runId,
        injection,
        labels: context.namespaceLabels,
        pullSecret: context.pullSecret,
      });
      const check = scenario.admission?.[member.topology.name];
      await deployAdmitted(scene, new ScenarioCluster(scene, member), { apps, check });
    }),
  );
  // All of them have ended: what is judged of one is written down before the rest is closed.
  const failed = deployed.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function stageOf(scenario: Scenario, scene: Scene): Stage<string, string> {
  const { context, recorder, namespace } = scene;
  const clusters = membersOf(scenario, scene).map(
    ({ member }) => [member.topology.name, new ScenarioCluster(scene, member)] as const,
  );
  return {
    ...(Object.fromEntries(clusters) as Record<string, ScenarioCluster>),
    bounds: context.bounds,
    variant: context.variant,
    mesh: context.mesh,
    namespace,
    step: async (title: string, body: () => Promise<unknown>) => {
      recorder.step = title;
      recorder.say(title);
      scene.signal.throwIfAborted();
      return body();
    },
    examine: (check: string, look: () => Promise<Finding>, patience = { withinMs: FACT_PATIENCE_MS }) =>
      examine(scene, check, { look, timeoutMs: patience.withinMs }),
    keepCalling: async (calls: Calls, pace?: { readonly perSecond: number }) => {
      const paced = await PacedCalls.start(scene, calls, pace?.perSecond);
      scene.undo.push(() => paced.stop());
      return paced;
    },
    skip: (reason: string, ...checks: readonly string[]) => recorder.skip(reason, ...checks),
  } as unknown as Stage<string, string>;
}

function described(error: unknown, scene: Scene): { reason: string; message: string } {
  const { signal, recorder } = scene;
  // What broke because the run was ended is not what is to be told of it.
  const { message } = signal.aborted ? abortReason(signal) : asError(error);
  const reason = signal.aborted ? 'interrupted' : 'infrastructure';
  return { reason, message: `in the step "${recorder.step}": ${message}` };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function closeOpen(
  scene: Scene,
  why: { reason: string; message: string; startedAt: number },
): Promise<void> {
  for (const check of scene.recorder.open()) {
    await scene.recorder.record(check, { verdict: 'inconclusive', ...why });
  }
}

/** Puts everything back, latest first; what cannot be put back stays in the journal, for `clean`. */
async function tearDown(scenario: Scenario, scene: Scene): Promise<void> {
  for (const undo of scene.undo.reverse()) {
    await undo().catch((error: unknown) => {
      scene.recorder.say(`could not be put back: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
  if (scene.context.keep) return;
  await Promise.all(
    membersOf(scenario, scene).map(({ member }) =>
      deleteNamespace(member.client, scene.namespace).catch(() => undefined),
    ),
  );
  // Deleting pods costs the nodes some work; the next measurement should not begin in the midst of it.
  await sleep(1000, scene.signal).catch(() => undefined);
}
