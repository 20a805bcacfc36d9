import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as Crypto);

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const DAY_MS = 86_400_000;
/** Clocks of nodes differ; Istio's own certificates start two minutes early for the same reason. */
const BACKDATED_MS = 10 * 60_000;

/** A certificate authority: its certificate and its keys. */
export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

const generateKeys = async (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const serialNumber = (): string => Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex');

const validity = (days: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() - BACKDATED_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
});

const mayCertify = (pathLength?: number): x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(
    x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    true,
  ),
];

const mayCall = (spiffeId: string): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
  new x509.SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId }], true),
];

/** The root of trust that all clusters of one mesh share. It lives for one run and is never written to disk. */
export async function createRoot(commonName = 'Meshproof root CA'): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `O=Istio, CN=${commonName}`,
    ...validity(30),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: mayCertify(),
  });
  return { certificate, keys };
}

/** One cluster's intermediate certificate authority, signed by the shared root. */
export async function createIntermediate(root: Authority, cluster: string): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `O=Istio, CN=Intermediate CA, L=${cluster}`,
    issuer: root.certificate.subject,
    ...validity(20),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: root.keys.privateKey,
    extensions: [
      ...mayCertify(0),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'istiod.istio-system.svc' }]),
    ],
  });
  return { certificate, keys };
}

/** A workload's certificate and key in PEM, as a caller with that SPIFFE identity would hold. */
export async function createWorkloadCertificate(
  issuer: Authority,
  spiffeId: string,
): Promise<{ certificate: string; key: string }> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: '',
    issuer: issuer.certificate.subject,
    ...validity(1),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions: mayCall(spiffeId),
  });
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys) };
}

/** The same, but that nobody vouches for: signed with its own key. */
export async function createSelfSignedCertificate(
  spiffeId: string,
): Promise<{ certificate: string; key: string }> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=itself',
    ...validity(1),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: mayCall(spiffeId),
  });
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys) };
}

/** PKCS #8 in PEM. */
export async function privateKeyPem(keys: CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(der.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

/**
 * The Secret `cacerts` that istiod reads at its start.
 * Source: https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/
 */
export async function cacerts(root: Authority, intermediate: Authority): Promise<Record<string, string>> {
  const rootPem = `${root.certificate.toString('pem')}\n`;
  const intermediatePem = `${intermediate.certificate.toString('pem')}\n`;
  return {
    'root-cert.pem': rootPem,
    'ca-cert.pem': intermediatePem,
    'ca-key.pem': await privateKeyPem(intermediate.keys),
    'cert-chain.pem': intermediatePem + rootPem,
  };
}
