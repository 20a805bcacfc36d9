/** What the harness asks of one Kubernetes cluster. Implemented in `cluster.ts`; nothing else talks to an API server. */

/** Any Kubernetes object, as YAML or the API gives it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** How to run a command in a pod. */
export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly command: readonly string[];
  /** Sent to the command's standard input, which then ends. */
  readonly stdin?: string | Uint8Array;
  /**
   * Called for each complete line of standard output as it arrives, with the local time in milliseconds since the epoch.
   * With it, standard output is not kept.
   */
  readonly onLine?: (line: string, atMs: number) => void;
  /** Called once the command runs, with a function that writes to its standard input (which then stays open until `end`). */
  readonly onOpen?: (input: { write(text: string): void; end(): void }) => void;
  /** The whole of it, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number;
  /** No byte and no pong for so long means that the stream is dead, in milliseconds. @default 60_000 */
  readonly silenceMs?: number;
  /** Most bytes kept of standard output and of standard error each. @default 8 MiB */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** A command that ran to its end, whatever its exit code. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
