import { expect, test } from 'vitest';
import { decodeProtobuf } from './protobuf.ts';

/** A field of the wire format: a number, or bytes with their length before them. */
function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.from([number * 8, value]);
  const bytes = Buffer.from(value);
  // Lengths of 128 and more take two bytes.
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
const body = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  message(
    Buffer.from('k8s\0'),
    field(1, message(field(1, apiVersion), field(2, kind))),
    field(2, raw),
    field(3, ''),
  );

test('maps, lists, bytes and numbers are read, and what the encoder wrote for nothing is read over', () => {
  const labels = message(field(1, 'app'), field(2, 'web'));
  const metadata = message(field(1, 'web'), field(2, ''), field(7, 0), field(11, labels));
  const container = message(field(1, 'app'), field(2, 'x'.repeat(200)), field(8, message()), field(13, ''));
  const template = message(field(1, metadata), field(2, message(field(2, container), field(2, container))));
  const deployment = message(
    field(1, metadata),
    field(2, message(field(1, 0), field(3, template), field(5, 0))),
  );
  const meta = { name: 'web', labels: { app: 'web' } };
  const one = { name: 'app', image: 'x'.repeat(200) };
  expect(decodeProtobuf(body('apps/v1', 'Deployment', deployment))).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta,
    spec: { replicas: 0, template: { metadata: meta, spec: { containers: [one, one] } } },
  });
  const secret = message(field(2, message(field(1, 'a'), field(2, 'b'))), field(3, 'Opaque'));
  expect(decodeProtobuf(body('v1', 'Secret', secret))).toMatchObject({ data: { a: 'Yg==' }, type: 'Opaque' });
});

test('a kind, a field or a body that it does not know is refused, with the way to send it', () => {
  expect(() => decodeProtobuf(body('batch/v1', 'Job', message()))).toThrow('does not read Job as protobuf');
  const volumes = message(field(2, message(field(3, message(field(2, message(field(1, 'volume'))))))));
  expect(() => decodeProtobuf(body('apps/v1', 'Deployment', volumes))).toThrow('field 1 of PodSpec');
  expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('kubectl create -f -');
  const whole = body('v1', 'Namespace', field(1, field(1, 'a')));
  expect(() => decodeProtobuf(whole.subarray(0, whole.length - 4))).toThrow('cut off');
});
