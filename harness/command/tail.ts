import { StringDecoder } from 'node:string_decoder';

/** The last bytes of a stream, in bounded memory. */
export interface Tail {
  push(bytes: Buffer): void;
  /** Bytes seen in all. */
  total(): number;
  text(): string;
}

/** Keeps at least the last `maxBytes` that are pushed, and gives exactly them. */
export function tail(maxBytes: number): Tail {
  let chunks: Buffer[] = [];
  let held = 0;
  let total = 0;
  return {
    push: (bytes) => {
      chunks.push(bytes);
      held += bytes.length;
      total += bytes.length;
      if (held <= 2 * maxBytes) return;
      // Copied, or the slice would keep the whole alive.
      chunks = [Buffer.from(Buffer.concat(chunks).subarray(-maxBytes))];
      held = maxBytes;
    },
    total: () => total,
    text: () => decodeFromBoundary(Buffer.concat(chunks).subarray(-maxBytes)),
  };
}

/** A cut in the middle of a UTF-8 character leaves at most three bytes of it; they are dropped. */
function decodeFromBoundary(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return new StringDecoder('utf8').write(bytes.subarray(start));
}
