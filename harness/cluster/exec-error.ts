/** Why a command in a pod gave no result. A command that ran and exited non-zero is a result, not an error. */
import { redact } from '../command/redact.ts';

/**
 * - `http`: the API server refused (its words are in the message, its code in `status`)
 * - `transport`: the connection could not be made or broke with an error
 * - `timeout`: not done at the deadline
 * - `aborted`: the signal was aborted
 * - `stale`: neither a byte nor a pong for `silenceMs`
 * - `maxbuffer`: more output than `maxBytes`
 * - `lost`: the stream ended without saying how the command ended
 * - `protocol`: the server does not speak the channel protocol as it should
 * - `runtime`: the container runtime could not start the command (no such program, say)
 */
export type ExecErrorKind =
  'http' | 'transport' | 'timeout' | 'aborted' | 'stale' | 'maxbuffer' | 'lost' | 'protocol' | 'runtime';

/** What is kept of a command that gave no result. */
export interface ExecFailure {
  readonly message: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly status?: number | undefined;
}

/** A command in a pod whose end is not known. Our infrastructure's fault: never a pass, never the mesh's failure. */
export class ExecError extends Error {
  override readonly name = 'ExecError';
  readonly kind: ExecErrorKind;
  /** What had arrived until then; empty with `onLine`, which has had every whole line. */
  readonly stdout: string;
  readonly stderr: string;
  /** HTTP status, with kind `http`. */
  readonly status: number | undefined;

  constructor(kind: ExecErrorKind, failure: ExecFailure) {
    super(redact(failure.message));
    this.kind = kind;
    this.stdout = failure.stdout;
    this.stderr = failure.stderr;
    this.status = failure.status;
  }
}
