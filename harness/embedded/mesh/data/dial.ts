/** Connections to other proxies: TCP, or mutual TLS with the workload's certificate and the peer's identity checked. */
import net from 'node:net';
import tls from 'node:tls';
import { foundAt } from '../../places.ts';
import type { WorkloadCertificate } from '../../types.ts';

/** Where to, and how. */
export interface Dial {
  readonly host: string;
  readonly port: number;
  /** For TCP and TLS together. */
  readonly timeoutMs: number;
  /** False: nothing ever answers, as when packets are lost on the way. */
  readonly reachable: boolean;
  readonly tls?: {
    readonly serverName: string;
    /** SPIFFE identities of which the peer has to hold one; empty: any of the mesh. */
    readonly identities: readonly string[];
    readonly credentials: Credentials;
  };
}

/** What a proxy shows others, and whether it checks what they show: it always does, unless a defect has it so. */
export interface Credentials {
  readonly certificate: WorkloadCertificate;
  readonly checksPeers: boolean;
}

/** The connection was not made: nothing of the request has left. Its message is Envoy's transport failure reason. */
export class ConnectError extends Error {}

type Done = (error: Error | null, socket?: net.Socket) => void;

const contexts = new WeakMap<WorkloadCertificate, tls.SecureContext>();

/** Made once per certificate: it costs more than a connection. */
function contextOf(certificate: WorkloadCertificate): tls.SecureContext {
  const known = contexts.get(certificate);
  if (known !== undefined) return known;
  const { chain, key, root } = certificate;
  const made = tls.createSecureContext({ cert: chain, key, ca: root });
  contexts.set(certificate, made);
  return made;
}

/** The SPIFFE identities in a peer's certificate. */
export const identitiesOf = ({ subjectaltname = '' }: { subjectaltname?: string }): string[] =>
  subjectaltname.split(', ').flatMap((name) => (name.startsWith('URI:') ? [name.slice(4)] : []));

/** Calls `done` once: with a socket that is ready for data, or with a ConnectError. */
export function dial(to: Dial, done: Done): void {
  let over = false;
  const socket = to.reachable ? open(to) : undefined;
  const finish = (error: ConnectError | null): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    socket?.removeAllListeners('error');
    if (error !== null) socket?.on('error', () => undefined).destroy();
    done(error, error === null ? socket : undefined);
  };
  const timer = setTimeout(() => {
    finish(new ConnectError('connection timeout'));
  }, to.timeoutMs);
  socket?.on('error', (error) => {
    finish(new ConnectError(error.message));
  });
  socket?.once('close', () => {
    finish(new ConnectError('connection closed'));
  });
  socket?.once(to.tls === undefined ? 'connect' : 'secureConnect', () => {
    finish(null);
  });
}

function open({ host, port, tls: secure }: Dial): net.Socket {
  const raw = net.connect({ ...foundAt({ host, port }), noDelay: true });
  if (secure === undefined) return raw;
  const { serverName, identities, credentials } = secure;
  return tls.connect({
    socket: raw,
    servername: serverName,
    secureContext: contextOf(credentials.certificate),
    ALPNProtocols: ['istio'],
    rejectUnauthorized: credentials.checksPeers,
    checkServerIdentity: (_name, peer) => {
      const held = identitiesOf(peer);
      if (identities.length === 0 || held.some((identity) => identities.includes(identity))) return undefined;
      return new Error(`CERTIFICATE_VERIFY_FAILED: verify SAN list: ${held.join(', ')}`);
    },
  });
}
