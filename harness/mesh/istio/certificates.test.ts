import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cacerts,
  createIntermediate,
  createRoot,
  createSelfSignedCertificate,
  createWorkloadCertificate,
  type Authority,
} from './certificates.ts';

const ID = 'spiffe://cluster.local/ns/sample/sa/prober';
let root: Authority;
let intermediate: Authority;
let leaf: { certificate: string; key: string };

const read = (certificate: Authority['certificate'] | string): X509Certificate =>
  new X509Certificate(typeof certificate === 'string' ? certificate : certificate.toString('pem'));

/** OpenSSL's own view: is one the issuer of the other, by name and by signature? */
const issued = (issuer: X509Certificate, subject: X509Certificate): boolean =>
  subject.checkIssued(issuer) && subject.verify(issuer.publicKey);

beforeAll(async () => {
  root = await createRoot();
  intermediate = await createIntermediate(root, 'cluster1');
  leaf = await createWorkloadCertificate(intermediate, ID);
});

describe('the chain', () => {
  test('goes from the root over the intermediate to the workload', () => {
    const [top, middle, bottom] = [
      read(root.certificate),
      read(intermediate.certificate),
      read(leaf.certificate),
    ];
    expect(issued(top, top)).toBe(true);
    expect(issued(top, middle)).toBe(true);
    expect(issued(middle, bottom)).toBe(true);
    expect(issued(top, bottom)).toBe(false);
    expect([top.ca, middle.ca, bottom.ca]).toEqual([true, true, false]);
  });

  test('of another root is refused, though it has the same name', async () => {
    const other = await createRoot();
    expect(read(other.certificate).subject).toBe(read(root.certificate).subject);
    expect(issued(read(other.certificate), read(intermediate.certificate))).toBe(false);
  });

  test('is valid now, and was ten minutes ago for nodes whose clocks are late', () => {
    for (const each of [read(root.certificate), read(intermediate.certificate), read(leaf.certificate)]) {
      expect(Date.parse(each.validFrom)).toBeLessThan(Date.now() - 9 * 60_000);
      expect(Date.parse(each.validTo)).toBeGreaterThan(Date.now() + 3_600_000);
    }
  });
});

describe('a workload', () => {
  test('is known by its SPIFFE identity alone, and its key fits', () => {
    const certificate = read(leaf.certificate);
    expect(certificate.subjectAltName).toBe(`URI:${ID}`);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).not.toBe(
      read(root.certificate).checkPrivateKey(createPrivateKey(leaf.key)),
    );
  });
});

test('a self-signed certificate names the identity and its key fits, but nobody else issued it', async () => {
  const { certificate, key } = await createSelfSignedCertificate(ID);
  const alone = read(certificate);
  expect(alone.subjectAltName).toBe(`URI:${ID}`);
  expect(alone.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(alone.verify(alone.publicKey)).toBe(true);
  expect(issued(read(root.certificate), alone)).toBe(false);
});

test('cacerts holds what istiod reads: the key fits the certificate, the chain ends in the root', async () => {
  const secret = await cacerts(root, intermediate);
  expect(Object.keys(secret).sort()).toEqual([
    'ca-cert.pem',
    'ca-key.pem',
    'cert-chain.pem',
    'root-cert.pem',
  ]);
  const own = read(secret['ca-cert.pem'] ?? '');
  expect(own.checkPrivateKey(createPrivateKey(secret['ca-key.pem'] ?? ''))).toBe(true);
  const chain = (secret['cert-chain.pem'] ?? '').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
  expect(chain.map((pem) => read(pem).fingerprint256)).toEqual([
    own.fingerprint256,
    read(secret['root-cert.pem'] ?? '').fingerprint256,
  ]);
});
