/** The words of the traffic stage: what is asked (a loop), what came back (answers), how it ended. */
import type { ExecRequest, ExecResult } from '../cluster/types.ts';

/** Runs a command in a pod. `Cluster.exec` is one. */
export type Exec = (request: ExecRequest) => Promise<ExecResult>;

/** A container that can send requests: it holds `sh` and `curl` ≥ 7.84. */
export interface ClientPod {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  /** Names the caller in observations. @default pod */
  readonly client?: string;
}

/** How a body says who answered: sources of regular expressions, whose first group (or whole match) is taken. */
export interface AnsweredBy {
  readonly version: string;
  readonly instance?: string;
  /** Other names for what `version` finds, e.g. the cluster that each version runs in. */
  readonly names?: Readonly<Record<string, string>>;
}

/** One URL, asked again and again, and how an answer is read. */
export interface Call {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  readonly answeredBy: AnsweredBy;
  /** Statuses that are an answer; any other is an error. @default [200] */
  readonly statuses?: readonly number[];
  /** Longest time of one call, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /**
   * `fresh` asks for `Connection: close`, so that each call makes its own connection to the first hop.
   * On kept ones curl quietly repeats a call when an idle connection was cut before the first byte.
   * Ignored where each call has its own curl (plain, paced). @default 'kept'
   */
  readonly connections?: 'kept' | 'fresh';
}

/** One call after the other; `plain` starts a curl for each, as the documents do, `fast` one curl for up to 100. */
export interface SequentialLoop extends Call {
  readonly mode: 'plain' | 'fast';
  /** Most requests; a loop may be stopped before. */
  readonly requests: number;
}

/** An open loop: a call begins each 1/`perSecond` seconds, whatever becomes of the others. */
export interface PacedLoop extends Call {
  readonly mode: 'paced';
  /** @default 10 */
  readonly perSecond?: number;
  /** Most requests; it usually is stopped before. @default 100_000 */
  readonly requests?: number;
}

export type Loop = SequentialLoop | PacedLoop;

/** Why a call is an error. */
export type Failure =
  | 'timeout'
  | 'resolve'
  | 'refused'
  | 'reset'
  | 'empty' // the connection closed before a status
  | 'partial' // the connection closed within the body
  | 'tls'
  | 'too-large' // the body is longer than what is read of it (256 KiB; 4000 bytes in a paced loop) and names no version
  | 'status' // an answer with another status than expected
  | 'unparsable' // the status is right, the body names no version
  | 'missing' // the loop began the call and never reported it
  | 'client'; // curl or undici failed in another way

/** One call and what became of it. Times in milliseconds since the epoch, on the harness's clock. */
export interface Answer {
  readonly sequence: number;
  /** The version that answered, or `error`. */
  readonly label: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** curl's exit code; 0 for calls from outside. */
  readonly exitCode: number;
  readonly failure?: Failure;
  readonly instance?: string;
  /** Envoy's `x-envoy-attempt-count`, where the mesh sends it. */
  readonly attemptCount?: number;
  /** What identifies the connection to the first hop. */
  readonly connection?: string;
  /** Connections made for this call. */
  readonly connects: number;
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly durationMs: number;
  readonly client: string;
  /** Errors only: curl's words or the beginning of the body, printable, at most 300 characters. */
  readonly excerpt?: string;
}

/** Adding `offsetMs` to the pod's uptime gives the time since the epoch, right within `uncertaintyMs` either way. */
export interface ClockMapping {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** How a loop ended. */
export interface LoopEnd {
  /** Calls that the loop says it began; without a trailer, those known to have begun. */
  readonly sent: number;
  /** Calls with an outcome of their own. */
  readonly received: number;
  /** Calls reported as `missing`. */
  readonly missing: number;
  /** Calls that a stop cut off, or whose fate a broken stream left unknown. Not errors of the mesh. */
  readonly abandoned: number;
  /** Lines that belong to no call (only ever seen when something in the pod meddles with the output). */
  readonly noise: number;
  /** The trailer arrived: every call is accounted for. */
  readonly complete: boolean;
  readonly clock: ClockMapping;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Why it is not complete: what was expected and seen. */
  readonly transport?: string;
}
