import type { Provider } from '../provider/types.ts';
import type { CheckRecord } from '../report/types.ts';
import { isWanted, whySkipped, type Selected } from '../select.ts';
import type { RunContext } from '../play/context.ts';
import { stateDirectory } from '../state/state.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import { bringUp, type Ready, type Wanted } from './bring-up.ts';
import { appsDirectory, boundsOf, ROOT, userPath, type Run } from './setup.ts';
import { timed } from './timed.ts';
import { playAll } from './vitest.ts';

/** One variant of one suite, from nothing to verdicts and back to nothing. */
export interface VariantRun extends Wanted {
  readonly provider: Provider;
  readonly scenarios: readonly Selected[];
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** The scenarios of a variant that the options ask for. */
export const wantedOf = (run: Pick<Run, 'options'>, variant: VariantRun): Selected[] =>
  variant.scenarios.filter((selected) => isWanted(selected, variant.variant, run.options.scenario));

/** A verdict for every check of a scenario that is not played. */
export function unplayed(
  run: Run,
  variant: Pick<VariantRun, 'variant'>,
  what: { readonly selected: Selected; readonly verdict: 'skipped' | 'inconclusive'; readonly reason: string; readonly message: string },
): CheckRecord[] {
  const { file, scenario } = what.selected;
  const declarations = scenario.checks({ bounds: boundsOf(run.options), variant: variant.variant });
  return Object.entries(declarations).map(([name, { level, sentence, subject }]) => ({
    id: `${file.suite}/${variant.variant}/${scenario.claim}/${name}`,
    claim: scenario.claim,
    suite: file.suite,
    variant: variant.variant,
    scenario: file.name,
    step: '',
    sentence,
    level,
    verdict: what.verdict,
    reason: what.reason,
    message: what.message,
    rule: subject.kind === 'answers' ? subject.rule : null,
    risk: null,
    requests: 0,
    counts: {},
    shares: {},
    evidence: null,
    gate: null,
    startedAt: new Date().toISOString(),
    durationMs: 0,
    answersFile: null,
    diagnostics: null,
  }));
}

/** Brings a variant up, plays its scenarios and tears it down. What breaks on the way ends up in the log. */
export async function runVariant(run: Run, variant: VariantRun): Promise<void> {
  const { suite, variant: name, provider } = variant;
  const wanted = wantedOf(run, variant);
  if (wanted.length === 0) return;
  try {
    const ready = await bringUp(run, provider, variant);
    const playable = announce(run, variant, { ready, wanted });
    if (playable.length > 0) {
      const context = contextOf(run, variant, { ready, playable });
      const { errors } = await timed(run, { name: 'measure', suite, variant: name }, () =>
        playAll(ROOT, context, { signal: run.signal, failFast: run.options.failFast }),
      );
      for (const text of errors) run.log.append({ type: 'note', level: 'warning', text });
    }
    await Promise.all(ready.members.map(({ client }) => client.close()));
  } finally {
    closeUnjudged(run, variant, wanted);
    await tearDown(run, variant);
  }
}

/** Tells the report of the environment and of what is skipped; gives what is left to play. */
function announce(run: Run, variant: VariantRun, found: { readonly ready: Ready; readonly wanted: readonly Selected[] }): Selected[] {
  const { mesh, members, missing } = found.ready;
  run.log.append({
    type: 'environment',
    environment: {
      provider: variant.provider.name,
      mesh: { name: mesh.name, version: mesh.version, dataPlane: mesh.dataPlane },
      clusters: members.map(({ topology, provided }) => ({
        name: topology.name,
        kubernetesVersion: null,
        nodeImage: provided.nodeImage ?? null,
        network: mesh.clusters[topology.name]?.network ?? null,
        platform: variant.provider.name,
      })),
      capabilities: [...mesh.features],
    },
  });
  return found.wanted.filter((selected) => {
    const message = whySkipped(selected, variant.variant, missing);
    if (message === undefined) return true;
    for (const check of unplayed(run, variant, { selected, verdict: 'skipped', reason: 'not-there', message })) {
      run.log.append({ type: 'check', check });
    }
    return false;
  });
}

function contextOf(run: Run, variant: VariantRun, found: { readonly ready: Ready; readonly playable: readonly Selected[] }): RunContext {
  const { options } = run;
  const { mesh, members, missing } = found.ready;
  const [secretNamespace, secretName] = (options.imagePullSecret ?? '').split('/');
  return {
    runId: run.id,
    variant: variant.variant,
    outDirectory: run.log.directory,
    stateBase: stateDirectory(),
    appsDirectory,
    members: members.map(({ topology, provided }) => ({ topology, provided })),
    mesh,
    missing,
    scenarios: found.playable.map(({ file }) => file),
    bounds: boundsOf(options),
    rate: options.rate,
    timeoutMs: options.timeout,
    images: options.image,
    imageHub: options.imageHub,
    pullSecret: secretNamespace !== undefined && secretName !== undefined ? { namespace: secretNamespace, name: secretName } : undefined,
    keep: options.keep,
    risk: { falsePass: DEFAULTS.falsePass, falseFail: DEFAULTS.falseFail },
    evidence: variant.evidence,
    kind: variant.provider.name === 'kind' ? { runId: run.clustersOf } : undefined,
    revisionInstaller: {
      program: options.istioctlBin,
      hub: options.istioHub,
      tag: options.istioTag,
      overlays: options.installValues === undefined ? [] : [userPath(options.installValues)],
    },
  };
}

/** Whatever happened: every check that was asked for has a verdict. */
function closeUnjudged(run: Run, variant: VariantRun, wanted: readonly Selected[]): void {
  const judged = new Set(run.log.read().events.flatMap((event) => (event.type === 'check' ? [event.check.id] : [])));
  for (const selected of wanted) {
    const message = run.signal.aborted ? 'the run was ended before it was judged' : 'the set-up did not get as far as judging it';
    const reason = run.signal.aborted ? 'interrupted' : 'set-up';
    for (const check of unplayed(run, variant, { selected, verdict: 'inconclusive', reason, message })) {
      if (!judged.has(check.id)) run.log.append({ type: 'check', check });
    }
  }
}

async function tearDown(run: Run, variant: VariantRun): Promise<void> {
  if (run.options.keep) return;
  const { suite, variant: name, provider } = variant;
  const left = await timed(run, { name: 'teardown', suite, variant: name }, () => provider.down(run.clustersOf)).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ]);
  for (const what of left) {
    run.log.append({ type: 'note', level: 'warning', text: `left behind: ${what}; remove it with: npx meshproof clean ${run.clustersOf}` });
  }
}
