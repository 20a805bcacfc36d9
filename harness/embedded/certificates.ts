/**
 * Public key infrastructure: of the mesh, with one root, an intermediate per cluster and short-lived workload certificates; and
 * of each API server.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { WorkloadCertificate } from './types.ts';

x509.cryptoProvider.set(webcrypto as Crypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks differ; Istio's own certificates begin two minutes early for the same reason. */
const BACKDATED_MS = 10 * 60_000;

/** An authority that can sign: the root of a mesh, or one cluster's intermediate. */
export interface RootAuthority {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

/** Who signs a cluster's workload certificates, and what its workloads check others against. PEM. */
export interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly privateKey: CryptoKey;
  /** What goes after the workload's own certificate. */
  readonly chain: string;
  readonly root: string;
}

const generateKeys = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const serialNumber = (): string =>
  `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

const pemOfKey = async ({ privateKey }: CryptoKeyPair): Promise<string> =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')}\n`;

/** What a certificate is to be; `skewMs` shifts its validity. */
interface Wanted {
  readonly subject: string;
  readonly days: number;
  readonly skewMs?: number;
  readonly extensions: readonly x509.Extension[];
}

/** A certificate with keys of its own, signed by itself where there is nobody else. */
async function certify(
  { subject, days, skewMs = 0, extensions }: Wanted,
  signer?: Pick<Issuer, 'certificate' | 'privateKey'>,
): Promise<RootAuthority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: signer?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() - BACKDATED_MS + skewMs),
    notAfter: new Date(Date.now() + days * DAY_MS + skewMs),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: signer?.privateKey ?? keys.privateKey,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signer?.certificate.publicKey ?? keys.publicKey),
    ],
  });
  return { certificate, keys };
}

const signerOf = ({ certificate, keys }: RootAuthority): Pick<Issuer, 'certificate' | 'privateKey'> => ({
  certificate,
  privateKey: keys.privateKey,
});

const { digitalSignature, keyCertSign, cRLSign, keyEncipherment } = x509.KeyUsageFlags;
const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;

const authorityExtensions = (pathLength?: number): x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(digitalSignature | keyCertSign | cRLSign, true),
];

/** A new root of trust. Clusters whose intermediates are of different roots refuse each other. */
export const createRoot = (commonName = 'Root CA'): Promise<RootAuthority> =>
  certify({ subject: `O=Istio, CN=${commonName}`, days: 30, extensions: authorityExtensions() });

/** One cluster's own authority below the root. */
const createIntermediate = (root: RootAuthority, cluster: string): Promise<RootAuthority> =>
  certify(
    { subject: `O=Istio, CN=Intermediate CA, L=${cluster}`, days: 20, extensions: authorityExtensions(0) },
    signerOf(root),
  );

/**
 * What the Secret `cacerts` of istio-system holds, as `stringData`.
 * Source: https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/
 */
export async function cacertsOf(root: RootAuthority, cluster: string): Promise<Record<string, string>> {
  const intermediate = await createIntermediate(root, cluster);
  const certificate = pem(intermediate.certificate);
  return {
    'root-cert.pem': pem(root.certificate),
    'ca-cert.pem': certificate,
    'ca-key.pem': await pemOfKey(intermediate.keys),
    'cert-chain.pem': certificate + pem(root.certificate),
  };
}

/** Reads what `cacertsOf` wrote. `text` gives the contents of one entry. Throws if one is missing or no PEM. */
export async function readIssuer(text: (entry: string) => string): Promise<Issuer> {
  const key = x509.PemConverter.decodeFirst(text('ca-key.pem'));
  const certificate = text('ca-cert.pem');
  return {
    certificate: new x509.X509Certificate(certificate),
    privateKey: await webcrypto.subtle.importKey('pkcs8', key, ALGORITHM, false, ['sign']),
    chain: certificate,
    root: text('root-cert.pem'),
  };
}

/** Who signs for a cluster that is given no `cacerts`. */
export async function createIssuer(root: RootAuthority, cluster: string): Promise<Issuer> {
  const entries = await cacertsOf(root, cluster);
  return readIssuer((entry) => entries[entry] ?? '');
}

/** A certificate for one workload, with its SPIFFE identity as the only name; `skewMs` shifts its validity. */
export async function issue(issuer: Issuer, spiffeId: string, skewMs = 0): Promise<WorkloadCertificate> {
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([clientAuth, serverAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId }], true),
  ];
  const { certificate, keys } = await certify({ subject: '', days: 1, skewMs, extensions }, issuer);
  return { chain: pem(certificate) + issuer.chain, key: await pemOfKey(keys), root: issuer.root };
}

/** Of an API server: the certificate that it serves with, and the authority that it is of. PEM. */
export interface ServerCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A new authority, and a certificate of it for 127.0.0.1 and localhost. */
export async function createServerCertificate(cluster: string): Promise<ServerCertificate> {
  const ca = await certify({
    subject: `CN=kubernetes-${cluster}`,
    days: 30,
    extensions: authorityExtensions(0),
  });
  const extensions = [
    new x509.KeyUsagesExtension(digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'ip', value: '127.0.0.1' },
      { type: 'dns', value: 'localhost' },
    ]),
  ];
  const served = await certify({ subject: 'CN=kube-apiserver', days: 30, extensions }, signerOf(ca));
  return {
    ca: pem(ca.certificate),
    certificate: pem(served.certificate),
    key: await pemOfKey(served.keys),
  };
}
