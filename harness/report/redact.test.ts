import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact, REDACTED } from './redact.ts';

const SECRET = 'c2VjcmV0LXZhbHVlLW9mLXRoZS1tZXNo';
const base64 = fc.string({
  unit: fc.constantFrom(...Array.from('ABCDEFGHIJabcdefghij0123456789')),
  minLength: 24,
  maxLength: 200,
});
const word = fc.string({
  unit: fc.constantFrom(...Array.from('abcdefghijklmnop')),
  minLength: 1,
  maxLength: 8,
});
const around = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '));

/** Ways in which a secret stands in what a cluster and its tools print. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  'a PEM key': (s) => `-----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY-----`,
  'a PEM key in JSON': (s) =>
    JSON.stringify({ key: `-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----\n` }),
  'a PEM key that is cut': (s) => `-----BEGIN EC PRIVATE KEY-----\n  ${s}`,
  'a bearer token': (s) => `> Authorization: Bearer ${s}`,
  'a bearer token in a log': (s) => `sent bearer ${s} to the server`,
  'basic credentials': (s) => `"authorization":"Basic ${s}"`,
  'a JSON Web Token': (s) => `token is eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJl${s}.${s}`,
  'a kubeconfig': (s) => `users:\n- name: admin\n  user:\n    client-key-data: ${s}\n    token: ${s}\n`,
  'a kubeconfig in JSON': (s) => `{"user":{"client-key-data":"${s}","token":"${s}"}}`,
  'a Secret': (s) =>
    `apiVersion: v1\ndata:\n  ca-key.pem: ${s}\n  anything: ${s}\nkind: Secret\nmetadata:\n  name: cacerts\n`,
  'a Secret of text': (s) =>
    `kind: Secret\nstringData:\n  config: |\n    one: ${s}\n\n    two: ${s}\ntype: Opaque\n`,
  'a list of Secrets': (s) =>
    `items:\n- apiVersion: v1\n  data:\n    x: ${s}\n  kind: Secret\n- data:\n    y: ${s}\n  kind: Secret\n`,
  'a Secret in JSON': (s) => JSON.stringify({ kind: 'Secret', data: { x: s, y: `{"a":"${s}"}` } }),
  'a Secret in JSON with lines': (s) =>
    JSON.stringify({ kind: 'Secret', stringData: { x: s, y: s } }, null, 2),
  'what kubectl applied last': (s) =>
    JSON.stringify({ last: JSON.stringify({ data: { x: s }, kind: 'Secret' }) }),
  'an address': (s) => `proxy https://admin:${s}@proxy.example:3128/path`,
  'an access token in a query': (s) => `GET /x?access_token=${s}&page=2`,
  'credentials of a registry': (s) => `{"auths":{"registry.example":{"auth":"${s}"}}}`,
  'a pull secret': (s) => `  .dockerconfigjson: ${s}`,
  'an environment variable': (s) => `DB_PASSWORD=${s}`,
  'a dictionary of Python': (s) => `{'password': '${s}'}`,
  'a flag': (s) => `kubectl --token=${s} get pods; kubectl --token ${s} get pods`,
  'a quoted password': (s) => `password: "${s} ${s}"`,
  'a password in a block': (s) => `password: |-\n  ${s}\n  ${s}\nuser: admin`,
};

describe('a text that is written', () => {
  test.each(Object.entries(FORMS))('does not hold the secret of %s, wherever that stands', (_, form) => {
    fc.assert(
      fc.property(base64, around, around, (secret, before, after) => {
        for (const text of [
          form(secret),
          `${before}\n${form(secret)}\n${after}`,
          `${form(secret)}\n${form(secret)}`,
        ]) {
          expect(redact(text)).not.toContain(secret);
          expect(redact(text)).toContain(REDACTED);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('keeps the lines around a secret', () => {
    const text = `first\n${FORMS['a Secret']?.(SECRET) ?? ''}---\nkind: ConfigMap\ndata:\n  mesh: istio\nlast`;
    const clean = redact(text);
    for (const kept of ['first', 'name: cacerts', 'mesh: istio', 'last']) expect(clean).toContain(kept);
    expect(clean).not.toContain(SECRET);
  });

  test.each([
    'automountServiceAccountToken: false',
    '10.10.1.7:5000 HEALTHY OK outbound|5000||helloworld.sample.svc.cluster.local',
    'spiffe://cluster.local/ns/sample/sa/sleep',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    `certificate-authority-data: ${Buffer.from('-----BEGIN CERTIFICATE-----\nMIIBxyzMIIBxyzMIIB').toString('base64')}`,
    '503 UF,URX upstream_reset_before_response_started{connection_failure,TLS_error:|CERTIFICATE_VERIFY_FAILED}',
    'http://helloworld.sample:5000/hello',
    'the remote secret is missing: kubectl -n istio-system get secret istio-remote-secret-cluster2',
    'serviceAccountName: sleep\n  volumes:\n  - name: istio-token\n    projected: {}',
  ])('keeps what is no secret: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('does not change when it is cleaned twice', () => {
    const forms = fc.constantFrom(...Object.values(FORMS));
    fc.assert(
      fc.property(forms, base64, around, (form, secret, before) => {
        const once = redact(`${before}\n${form(secret)}`);
        expect(redact(once)).toBe(once);
      }),
    );
  });

  test.each([
    ...[
      'a-',
      '"',
      'token',
      '\\"',
      '\\',
      '-----BEGIN PRIVATE KEY-----',
      'data: {',
      'x://',
      'x://a:',
      'eyJ',
      ' ',
      '- ',
    ],
    ...[
      '"token":"',
      'token: ',
      'token=',
      '--token ',
      '"data":{',
      'LS0tLS1CRUdJTi',
      'bearer ',
      '---\n',
      'a: |\n ',
    ],
  ])('is cleaned in time that grows with its length, not with its square: %j', (unit) => {
    const text = `{"kind":"Secret"}\nkind: Secret\n${unit.repeat(Math.ceil(200_000 / unit.length))}`;
    const started = performance.now();
    redact(text);
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
