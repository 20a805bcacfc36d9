/** The server name (SNI) that a TLS client asks for, read from its first message: RFC 8446 §4.1.2 and RFC 6066 §3. */

const HANDSHAKE = 0x16;
const CLIENT_HELLO = 0x01;
const SERVER_NAME = 0;
const RECORD_HEADER = 5;

/** What the first bytes of a connection say. */
export type FirstBytes =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'plaintext' }
  | { readonly kind: 'tls'; readonly serverName: string | undefined };

/** Never throws: what is cut short or garbled in the middle has no server name. */
export function readFirstBytes(bytes: Buffer): FirstBytes {
  if (bytes.length === 0) return { kind: 'incomplete' };
  if (bytes[0] !== HANDSHAKE) return { kind: 'plaintext' };
  if (bytes.length < RECORD_HEADER) return { kind: 'incomplete' };
  const end = RECORD_HEADER + bytes.readUInt16BE(3);
  if (bytes.length < end) return { kind: 'incomplete' };
  try {
    return { kind: 'tls', serverName: serverNameIn(bytes.subarray(RECORD_HEADER, end)) };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'tls', serverName: undefined };
    throw error;
  }
}

function serverNameIn(message: Buffer): string | undefined {
  if (message[0] !== CLIENT_HELLO) return undefined;
  let at = 4 + 2 + 32; // type and length, version, random
  at += 1 + message.readUInt8(at); // session
  at += 2 + message.readUInt16BE(at); // cipher suites
  at += 1 + message.readUInt8(at); // compression
  const end = at + 2 + message.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    // A list's length, the name's type and its length come before the name.
    if (type === SERVER_NAME && length > 5) return message.toString('latin1', at + 9, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}
