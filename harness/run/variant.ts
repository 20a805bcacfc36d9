import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { deployAhead } from '../play/ahead.ts';
import type { RunContext } from '../play/context.ts';
import { kindName } from '../provider/kind/config.ts';
import type { Provider } from '../provider/types.ts';
import { whySkipped, type Selected } from '../select.ts';
import { stateDirectory } from '../state/state.ts';
import { bringUp, variantDirectory, type Ready, type Wanted } from './bring-up.ts';
import { appsDirectory, boundsOf, ROOT, userPath, type Run } from './setup.ts';
import { timed } from './timed.ts';
import { unplayed } from './unplayed.ts';
import { playAll } from './vitest.ts';

/** One variant of one suite, from nothing to verdicts and back to nothing. */
export interface VariantRun extends Wanted {
  readonly provider: Provider;
  readonly scenarios: readonly Selected[];
}

/** Brings a variant up, plays its scenarios and tears it down. Whatever breaks, every check has a verdict in the end. */
export async function runVariant(run: Run, variant: VariantRun, keep: boolean): Promise<void> {
  const forget = journalClusters(run, variant);
  try {
    const ready = await bringUp(run, variant.provider, { ...variant, ...ahead(run, variant) });
    await playOn(run, variant, ready);
    await Promise.all(ready.members.map(({ client }) => client.close()));
  } catch (error) {
    await collectLogs(run, variant);
    throw error;
  } finally {
    closeUnjudged(run, variant);
    if (!keep) await tearDown(run, variant, forget);
  }
}

/** The first scenario's applications start while the mesh is being completed. Only in clusters that go away afterwards. */
function ahead(run: Run, { variant, provider, scenarios }: VariantRun): Pick<Wanted, 'whenInjecting'> {
  const first = scenarios.find((selected) => whySkipped(selected, variant, {}) === undefined);
  if (first === undefined || provider.name !== 'kind') return {};
  const injection = run.options.injectionLabel ?? { key: 'istio-injection', value: 'enabled' };
  const soFar = { ...placingOf(run), variant, injection };
  return { whenInjecting: (member) => deployAhead(member, first, soFar) };
}

/** What the clusters themselves have to say when something broke; before they are gone. */
async function collectLogs(run: Run, { suite, variant, provider }: VariantRun): Promise<void> {
  if (run.signal.aborted) return;
  await timed(run, { name: 'collect', suite, variant }, () =>
    provider.logs(run.clustersOf, join(run.log.directory, 'logs', variant)),
  ).catch(() => undefined); // the stage says why
}

/** Written down before the first cluster is made, so that `clean` knows of it after a crash. */
function journalClusters(run: Run, { provider, clusters, variant }: VariantRun): () => void {
  if (run.clustersOf !== run.id) return () => undefined;
  if (provider.name === 'embedded') {
    return run.state.willUndo({ kind: 'world', directory: join(run.state.directory, variant) });
  }
  if (provider.name !== 'kind') return () => undefined;
  const names = clusters.map(({ name }) => kindName(run.id, name));
  return run.state.willUndo({ kind: 'clusters', provider: 'kind', names, program: run.options.kindBin });
}

async function playOn(run: Run, variant: VariantRun, ready: Ready): Promise<void> {
  const { suite, variant: name } = variant;
  const playable = withoutSkipped(run, variant, ready);
  if (playable.length === 0) return;
  const context = contextOf(run, variant, { ready, playable });
  await timed(run, { name: 'measure', suite, variant: name }, async () => {
    const { errors } = await playAll(ROOT, context, {
      signal: run.signal,
      failFast: run.options.failFast,
      seed: run.seed,
    });
    if (errors.length > 0) throw new Error(errors.join('; '));
  });
}

/** What is skipped gets its verdict at once; the rest is to be played. */
function withoutSkipped(run: Run, { variant, scenarios }: VariantRun, ready: Ready): Selected[] {
  const elsewhere =
    ready.variant !== variant
      ? `the clusters are in the variant ${ready.variant ?? 'neither flat nor gateways'}`
      : undefined;
  return scenarios.filter((selected) => {
    const message = elsewhere ?? whySkipped(selected, variant, ready.missing);
    if (message === undefined) return true;
    for (const check of unplayed(run, {
      selected,
      variant,
      verdict: 'skipped',
      reason: 'not-there',
      message,
    })) {
      run.log.append({ type: 'check', check });
    }
    return false;
  });
}

type Placing = 'runId' | 'appsDirectory' | 'timeoutMs' | 'images' | 'imageHub' | 'pullSecret';

/** How applications are placed in clusters. */
function placingOf({ id, options }: Run): Pick<RunContext, Placing> {
  const [namespace, name] = (options.imagePullSecret ?? '').split('/');
  return {
    runId: id,
    appsDirectory,
    timeoutMs: options.timeout,
    images: options.image,
    imageHub: options.imageHub,
    pullSecret: namespace !== undefined && name !== undefined ? { namespace, name } : undefined,
  };
}

function contextOf(
  run: Run,
  variant: VariantRun,
  found: { readonly ready: Ready; readonly playable: readonly Selected[] },
): RunContext {
  const { options } = run;
  const { mesh, members } = found.ready;
  return {
    ...placingOf(run),
    variant: variant.variant,
    outDirectory: run.log.directory,
    stateBase: stateDirectory(),
    members: members.map(({ topology, provided }) => ({ topology, provided })),
    mesh,
    scenarios: found.playable.map(({ file }) => file),
    bounds: boundsOf(options),
    rate: options.rate,
    keep: options.keep,
    risk: run.risk,
    evidence: run.earlier?.evidence ?? {},
    settled: (run.earlier?.decided ?? []).map(({ id }) => id),
    freezer: variant.provider.freezer?.({
      runId: run.clustersOf,
      directory: variantDirectory(run, variant.variant),
    }),
    revisionInstaller: {
      program: options.istioctlBin,
      hub: options.istioHub,
      tag: options.istioTag,
      overlays: options.installValues === undefined ? [] : [userPath(options.installValues)],
    },
  };
}

/** What the run did not get to is inconclusive, never missing. */
function closeUnjudged(run: Run, { variant, scenarios }: VariantRun): void {
  const judged = new Set(
    run.log.read().events.flatMap((event) => (event.type === 'check' ? [event.check.id] : [])),
  );
  const ended = run.signal.aborted;
  const message = ended ? 'the run was ended before this was judged' : 'the run broke before this was judged';
  for (const selected of scenarios) {
    const reason = ended ? 'interrupted' : 'not-judged';
    for (const check of unplayed(run, { selected, variant, verdict: 'inconclusive', reason, message })) {
      if (!judged.has(check.id)) run.log.append({ type: 'check', check });
    }
  }
}

async function tearDown(
  run: Run,
  { suite, variant, provider }: VariantRun,
  forget: () => void,
): Promise<void> {
  const left = await timed(run, { name: 'teardown', suite, variant }, () =>
    provider.down(run.clustersOf),
  ).catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
  if (left.length === 0) {
    forget();
    // Credentials of clusters that are gone; `--reuse` goes by these folders.
    rmSync(join(run.state.directory, variant), { recursive: true, force: true });
  }
  for (const what of left) {
    const text = `left behind: ${what}. Look: npx meshproof clean ${run.clustersOf}`;
    run.log.append({ type: 'note', level: 'warning', text });
  }
}
