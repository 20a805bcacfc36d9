import { dirname } from 'node:path';
import { deploy, readApplication } from '../deploy/apps.ts';
import { createNamespace } from '../deploy/namespace.ts';
import type { InjectionLabel, Member } from '../mesh/types.ts';
import type { Scenario } from '../scenario.ts';
import type { RunContext, ScenarioFile } from './context.ts';
import { namespaceOf } from './namespace.ts';

/** What can be said of a run before its mesh is ready. */
export type RunSoFar = Pick<
  RunContext,
  | 'runId'
  | 'variant'
  | 'appsDirectory'
  | 'timeoutMs'
  | 'images'
  | 'imageHub'
  | 'pullSecret'
  | 'namespaceLabels'
> & {
  readonly injection: InjectionLabel;
  /** Gives up at once: nobody will play here any more. */
  readonly signal: AbortSignal;
};

/** What a mesh is told: it could reach beyond its namespace, to what others are looking at now. */
const CONFIGURATION = /(?:^|\.)istio\.io\/|^gateway\.networking\.k8s\.io\//;

/**
 * Deploys a scenario's workloads in one cluster before its time: while the rest of the mesh is still being installed, or
 * while others play. The play applies the same objects again, which changes nothing, and waits for them: whatever goes
 * wrong here is told there.
 */
export async function deployAhead(
  member: Member,
  planned: { readonly scenario: Scenario; readonly file: ScenarioFile },
  run: RunSoFar,
): Promise<void> {
  run.signal.throwIfAborted();
  const { scenario, file } = planned;
  const apps = scenario.apps[member.topology.name] ?? [];
  const namespace = namespaceOf(run, file);
  const { runId, injection, pullSecret, images, imageHub, signal } = run;
  const labels = run.namespaceLabels;
  await createNamespace(member.client, namespace, { runId, injection, labels, pullSecret, signal });
  const folders = { scenario: dirname(file.file), shared: run.appsDirectory };
  const objects = apps
    .flatMap((app) => readApplication(app, folders))
    .filter(({ apiVersion }) => !CONFIGURATION.test(apiVersion));
  const placement = { namespace, runId, images, imageHub, imagePullSecret: pullSecret?.name };
  await deploy(member.client, objects, { placement, timeoutMs: run.timeoutMs, signal });
}
