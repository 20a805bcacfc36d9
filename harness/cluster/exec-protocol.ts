/** The channel protocol of `pods/exec` over WebSocket: a byte of channel, then data. */
import { type Status, describeStatus } from './errors.ts';

/** Newest first. v5 (Kubernetes 1.30) adds the closing of standard input. */
export const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const V5 = PROTOCOLS[0];

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
/** v5: the channel that the next byte names is closed. */
const CLOSE = 255;
/** API servers read standard input in pieces of this size. */
const STDIN_PIECE = 32 * 1024;

/** What one frame means. */
export type Frame =
  | { readonly is: 'stdout' | 'stderr'; readonly bytes: Buffer }
  | { readonly is: 'exit'; readonly code: number }
  | { readonly is: 'refused'; readonly message: string }
  | { readonly is: 'nothing' }
  | { readonly is: 'violation'; readonly message: string };

/** Reads a frame; never throws. */
export function readFrame(data: Buffer): Frame {
  const [channel] = data;
  const bytes = data.subarray(1);
  if (channel === undefined || channel === CLOSE) return { is: 'nothing' };
  if (channel === STDOUT) return { is: 'stdout', bytes };
  if (channel === STDERR) return { is: 'stderr', bytes };
  // Servers open each channel with an empty frame.
  if (bytes.length === 0) return { is: 'nothing' };
  if (channel === STATUS) return readStatusFrame(bytes.toString('utf8'));
  return {
    is: 'violation',
    message: `the server sent data on channel ${String(channel)}, which does not exist`,
  };
}

function readStatusFrame(text: string): Frame {
  let status: Status | null;
  try {
    status = JSON.parse(text) as Status | null;
  } catch {
    return { is: 'violation', message: `the status is not JSON: ${JSON.stringify(text.slice(0, 200))}` };
  }
  if (status?.status === 'Success') return { is: 'exit', code: 0 };
  const cause = status?.details?.causes?.find((each) => each.reason === 'ExitCode');
  const code = Number.parseInt(cause?.message ?? '', 10);
  if (status?.reason === 'NonZeroExitCode' && Number.isInteger(code)) return { is: 'exit', code };
  if (status?.status === 'Failure') {
    return { is: 'refused', message: describeStatus(status) || status.reason || 'no reason given' };
  }
  return { is: 'violation', message: `the status is neither Success nor Failure: ${text.slice(0, 200)}` };
}

/** Frames that carry standard input. */
export function stdinFrames(input: string | Uint8Array): Buffer[] {
  const bytes = Buffer.from(input);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += STDIN_PIECE) {
    frames.push(Buffer.concat([Buffer.from([STDIN]), bytes.subarray(at, at + STDIN_PIECE)]));
  }
  return frames;
}

/** The frame that ends standard input, or undefined where the protocol has none. */
export function stdinEndFrame(protocol: string): Buffer | undefined {
  return protocol === V5 ? Buffer.from([CLOSE, STDIN]) : undefined;
}
