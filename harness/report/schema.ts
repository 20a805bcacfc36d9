/**
 * The shape of `report.json` and of its parts, once: types (`types.ts`), validation and the published JSON Schema
 * (`reports/report.schema.json`, made by `scripts/schema.ts`) all come from here.
 */
import { z } from 'zod';
import type { Risk, Rule } from '../verdict/types.ts';

/** Raised when a reader of older reports would misunderstand a newer one. */
export const SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const fraction = z.number().min(0).max(1);
const milliseconds = z.number().nonnegative();
const name = z.string().min(1);
const instant = z.iso.datetime().describe('ISO 8601 in UTC, with milliseconds');

/** JSON has no infinities: they are written as words. */
export const extendedNumber = z
  .union([z.number(), z.enum(['Infinity', '-Infinity'])])
  .describe('A number; infinite ones as words');

/** The four verdicts; see `Verdict` of the statistics. */
export const verdict = z.enum(['conformant', 'non-conformant', 'inconclusive', 'skipped']);

const risk: z.ZodType<Risk> = z
  .object({
    falsePass: fraction.describe('Probability that a mesh outside the tolerance is called conformant'),
    falseFail: fraction.describe('Probability that an acceptable mesh is called non-conformant'),
  })
  .describe('Probabilities of the two wrong verdicts, declared before anything was measured');

const ruleBase = {
  unit: z.enum(['request', 'connection']).exactOptional(),
  risk: z
    .object({ falsePass: fraction.exactOptional(), falseFail: fraction.exactOptional() })
    .exactOptional(),
};

const rule: z.ZodType<Rule> = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('distribution'),
      weights: z.record(z.string(), z.number().nonnegative()),
      margin: fraction.exactOptional(),
      acceptable: fraction.exactOptional(),
      leakLimit: fraction.exactOptional(),
      maxBlock: z.number().positive().exactOptional(),
      ...ruleBase,
    }),
    z.object({
      kind: z.literal('exclusive'),
      label: z.string(),
      leakLimit: fraction.exactOptional(),
      ...ruleBase,
    }),
    z.object({
      kind: z.literal('reaches'),
      labels: z.array(z.string()),
      minShare: fraction.exactOptional(),
      ...ruleBase,
    }),
    z.object({ kind: z.literal('share'), label: z.string(), atLeast: fraction, ...ruleBase }),
    z.object({ kind: z.literal('errorRate'), below: fraction, ...ruleBase }),
    z.object({
      kind: z.literal('failover'),
      from: z.string(),
      to: z.string(),
      eventMs: z.union([z.number(), z.tuple([z.number(), z.number()])]),
      withinMs: milliseconds,
      maxErrors: count,
      residual: fraction.exactOptional(),
      ...ruleBase,
    }),
  ])
  .describe('The claim about answers, as `meshproof judge --rule` takes it');

const shareEstimate = z
  .object({ estimate: fraction, low: fraction, high: fraction })
  .describe('A share of the answers with its confidence sequence (valid at any stopping time)');

const dependence = z.object({
  kind: z.enum(['none', 'clustered', 'alternating']),
  logE: extendedNumber,
  lag1: z.number(),
  effectiveSampleSize: z.number().nonnegative(),
});

/** What a verdict rests on. Logarithms are natural. */
export const evidence = z.object({
  logFor: extendedNumber.nullable().describe('Natural logarithm of the e-value for the claim'),
  logAgainst: extendedNumber.nullable().describe('Natural logarithm of the e-value against the claim'),
  independentUnits: count.nullable(),
  dependence: dependence.nullable(),
  homogeneity: z.object({ logE: extendedNumber, clients: count }).nullable(),
  errors: z
    .object({ count, requests: count, verdict })
    .nullable()
    .describe('The companion error rate: calls without an answer, of how many, and its own verdict'),
  retries: count
    .exactOptional()
    .describe(
      "Calls that the caller's proxy tried again (its counter upstream_rq_retry), which hides errors from the caller. " +
        'Of calls at a pace: since the phase before was judged',
    ),
  switchMs: z
    .object({ lower: z.number(), upper: extendedNumber })
    .exactOptional()
    .describe('Failover: the time to switch lies in (lower, upper] milliseconds; infinite: it was not seen'),
  errorsBeforeSwitch: count.exactOptional(),
  figures: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .exactOptional()
    .describe('Measured figures, whatever the verdict; the unit is in the name'),
  snapshot: z.unknown().exactOptional().describe('State of the statistics, for --continue'),
});

/** What the convergence gate before a measurement saw. */
export const gate = z.object({
  reached: z.boolean(),
  waitedMs: milliseconds,
  sawLast: z.string(),
  endpoints: z.array(z.string()).exactOptional(),
});

/** Where to look when a check is not conformant. */
export const diagnostics = z.object({
  files: z.array(z.string()).describe("Relative to the run's directory"),
  hints: z.array(z.string()),
  where: z.string().exactOptional().describe('From which pod to which address'),
  again: z.string().exactOptional().describe('A command that shows it again'),
});

/** One claim, judged. */
export const checkRecord = z.object({
  id: name.describe('SUITE/VARIANT/CLAIM/…'),
  claim: name.describe('The claim of the documents, e.g. M4'),
  suite: name,
  variant: name,
  scenario: name,
  step: z.string(),
  sentence: z.string().describe('What is promised, in words'),
  level: z.enum(['core', 'extended']),
  verdict,
  reason: z.string().describe('Why, as a stable code'),
  message: z.string().describe('Why, for a person'),
  rule: rule.nullable().describe('null for facts: examinations of state that are not about answers'),
  risk: risk.nullable(),
  requests: count,
  counts: z.record(z.string(), count).describe('Answers by label; `error` is never a version'),
  shares: z.record(z.string(), shareEstimate),
  evidence: evidence.nullable(),
  gate: gate.nullable(),
  startedAt: instant,
  durationMs: milliseconds,
  answersFile: z.string().nullable().describe("The raw answers, relative to the run's directory"),
  diagnostics: diagnostics.nullable(),
});

/** One cluster as it was found. Unknown properties are null. */
export const clusterFacts = z.object({
  name,
  kubernetesVersion: z.string().nullable(),
  nodeImage: z.string().nullable(),
  network: z.string().nullable(),
  platform: z.string().nullable(),
});

/** On what the claims were judged. */
export const environment = z.object({
  provider: z.string(),
  mesh: z.object({ name, version: z.string(), dataPlane: z.string() }).catchall(z.string()).nullable(),
  clusters: z.array(clusterFacts),
  capabilities: z.array(z.string()),
  notes: z.array(z.string()).describe('What a reader has to know, e.g. stock Envoy data plane'),
});

/** What is known of the environment so far. */
export const partialEnvironment = z.object({
  provider: environment.shape.provider.exactOptional(),
  mesh: environment.shape.mesh.exactOptional(),
  clusters: environment.shape.clusters.exactOptional(),
  capabilities: environment.shape.capabilities.exactOptional(),
  notes: environment.shape.notes.exactOptional(),
});

/** Something found before anything was made. */
export const preflightFinding = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  subject: z.string().describe('What was looked at, e.g. docker, cluster1'),
  message: z.string(),
  remedy: z.string().nullable().describe('A command that mends it'),
});

export const stageName = z.enum([
  'preflight',
  'clusters',
  'mesh',
  'deploy',
  'measure',
  'collect',
  'teardown',
]);

/** How long a stage took and how it ended; `failed` means that it broke, not that a check was non-conformant. */
export const stageRecord = z.object({
  name: stageName,
  suite: z.string().nullable(),
  variant: z.string().nullable(),
  cluster: z.string().nullable(),
  state: z.enum(['started', 'done', 'failed']),
  startedAt: instant,
  durationMs: milliseconds.nullable().describe('null if it never ended'),
  message: z.string().nullable(),
});

/** What identifies a run from its first moment. */
export const runStart = z.object({
  id: name,
  started: instant,
  command: z.string(),
  seed: z.union([z.number(), z.string()]),
  harnessVersion: z.string(),
});

/** Statistical defaults that held in this run, by name. */
export const defaults = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const verdictCounts = z.object({
  conformant: count,
  'non-conformant': count,
  inconclusive: count,
  skipped: count,
});

const profileLevel = z.object({ verdict, checks: verdictCounts });

/** What a suite asks for, and what came of it: the document's own words apart from what goes beyond them. */
export const profile = z.object({
  suite: name,
  core: profileLevel.describe("The document's own claims"),
  extended: profileLevel.describe("Behaviour beyond the document's words"),
  skippedFor: z
    .array(z.string())
    .describe('Why checks were skipped: features that the mesh does not have, and other reasons, each once'),
});

/** `report.json`. */
export const report = z
  .object({
    schemaVersion: z.literal(SCHEMA_VERSION),
    run: runStart.extend({
      ended: instant.nullable().describe('null if it was killed, or still runs'),
      exitCode: count,
      signal: z.string().nullable(),
      planned: count.nullable().describe('How many checks were going to be judged'),
    }),
    environment,
    provider: z.string(),
    verdict,
    defaults,
    totals: z.object({ core: verdictCounts, extended: verdictCounts }),
    profiles: z.array(profile).describe('One for each suite'),
    checks: z.array(checkRecord),
    stages: z.array(stageRecord),
    preflight: z.array(preflightFinding),
    notes: z.array(z.object({ level: z.enum(['info', 'warning']), text: z.string() })),
  })
  .meta({ title: 'Meshproof report' });

/** The JSON Schema (draft 2020-12) of `report.json`. */
export function reportJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(report, {
    override: ({ jsonSchema }) => {
      // The format says it; the pattern that accompanies it cannot be read by anyone.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
}
