/** The types of a report and its parts, derived from their schemas so that the two cannot disagree. */
import type { z } from 'zod';
import type * as schema from './schema.ts';

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

/** A finite number, or an infinite one as JSON can hold it. */
export type ExtendedNumber = z.infer<typeof schema.extendedNumber>;

/** One claim, judged (an element of `checks`). */
export type CheckRecord = Immutable<z.infer<typeof schema.checkRecord>>;

/** What a verdict rests on. Logarithms are natural. */
export type Evidence = Immutable<z.infer<typeof schema.evidence>>;

/** What the convergence gate before a measurement saw. */
export type GateRecord = Immutable<z.infer<typeof schema.gate>>;

/** Where to look when a check is not conformant. */
export type Diagnostics = Immutable<z.infer<typeof schema.diagnostics>>;

/** On what the claims were judged: provider, mesh, clusters, capabilities. */
export type Environment = Immutable<z.infer<typeof schema.environment>>;

/** One cluster as it was found. */
export type ClusterFacts = Immutable<z.infer<typeof schema.clusterFacts>>;

/** Something found before anything was made, with the command that mends it. */
export type PreflightFinding = Immutable<z.infer<typeof schema.preflightFinding>>;

/** The parts of a run that take time, in order. */
export type StageName = z.infer<typeof schema.stageName>;

/** How long a stage took and how it ended. */
export type StageRecord = Immutable<z.infer<typeof schema.stageRecord>>;

/** What identifies a run from its first moment. */
export type RunStart = Immutable<z.infer<typeof schema.runStart>>;

/** Statistical defaults that held in a run, by name. */
export type Defaults = Immutable<z.infer<typeof schema.defaults>>;

/** What a suite asks for, and what came of it. */
export type Profile = Immutable<z.infer<typeof schema.profile>>;

/** `report.json`. */
export type Report = Immutable<z.infer<typeof schema.report>>;
