/** Bodies that `kubectl create` and `kubectl auth` send: Kubernetes' protobuf, of the few kinds that they send so. */
import { asRecord, type Json } from './json.ts';
import { unsupportedMediaType } from './errors.ts';

/**
 * Messages: `number:name:type`, where a type with `[]` is repeated and one with `{}` is a map from strings.
 * Source: https://github.com/kubernetes/api/tree/v0.34.0 and apimachinery, generated.proto of each group
 */
const MESSAGES: Readonly<Record<string, string>> = {
  Unknown: '1:typeMeta:TypeMeta 2:raw:bytes',
  TypeMeta: '1:apiVersion:string 2:kind:string',
  ObjectMeta:
    '1:name:string 2:generateName:string 3:namespace:string 5:uid:string 6:resourceVersion:string 8:creationTimestamp:none 11:labels:string{} 12:annotations:string{} 14:finalizers:string[]',
  Namespace: '1:metadata:ObjectMeta 2:spec:none 3:status:none',
  ConfigMap: '1:metadata:ObjectMeta 2:data:string{} 3:binaryData:bytes{} 4:immutable:bool',
  Secret: '1:metadata:ObjectMeta 2:data:bytes{} 3:type:string 4:stringData:string{} 5:immutable:bool',
  ServiceAccount: '1:metadata:ObjectMeta 4:automountServiceAccountToken:bool',
  ClusterRoleBinding: '1:metadata:ObjectMeta 2:subjects:Subject[] 3:roleRef:RoleRef',
  RoleBinding: '1:metadata:ObjectMeta 2:subjects:Subject[] 3:roleRef:RoleRef',
  Subject: '1:kind:string 2:apiGroup:string 3:name:string 4:namespace:string',
  RoleRef: '1:apiGroup:string 2:kind:string 3:name:string',
  Deployment: '1:metadata:ObjectMeta 2:spec:DeploymentSpec 3:status:none',
  DeploymentSpec: '1:replicas:int 2:selector:LabelSelector 3:template:PodTemplateSpec 4:strategy:none',
  LabelSelector: '1:matchLabels:string{}',
  PodTemplateSpec: '1:metadata:ObjectMeta 2:spec:PodSpec',
  PodSpec:
    '2:containers:Container[] 3:restartPolicy:string 8:serviceAccountName:string 9:serviceAccount:string 14:securityContext:none',
  Container:
    '1:name:string 2:image:string 3:command:string[] 4:args:string[] 5:workingDir:string 6:ports:ContainerPort[] 7:env:EnvVar[] 8:resources:none 14:imagePullPolicy:string',
  ContainerPort: '1:name:string 3:containerPort:int 4:protocol:string',
  EnvVar: '1:name:string 2:value:string',
  TokenRequest: '1:metadata:ObjectMeta 2:spec:TokenRequestSpec 3:status:none',
  TokenRequestSpec: '1:audiences:string[] 4:expirationSeconds:int',
  SelfSubjectReview: '1:metadata:ObjectMeta 2:status:none',
  SelfSubjectAccessReview: '1:metadata:ObjectMeta 2:spec:AccessReviewSpec 3:status:none',
  AccessReviewSpec: '1:resourceAttributes:ResourceAttributes 2:nonResourceAttributes:NonResourceAttributes',
  ResourceAttributes:
    '1:namespace:string 2:verb:string 3:group:string 4:version:string 5:resource:string 6:subresource:string 7:name:string',
  NonResourceAttributes: '1:path:string 2:verb:string',
};

/** Every body begins so, then comes an `Unknown`. */
const MAGIC = 'k8s\0';

/** The object in a body. Throws ApiError 415 for a kind or a field that is not known here. */
export function decodeProtobuf(body: Buffer): Json {
  if (body.subarray(0, 4).toString('latin1') !== MAGIC) throw refused('a body without its first four bytes');
  const { typeMeta, raw } = readMessage('Unknown', body.subarray(4));
  const { apiVersion, kind } = asRecord(typeMeta);
  if (MESSAGES[String(kind)] === undefined) throw refused(String(kind));
  return { apiVersion, kind, ...readMessage(String(kind), Buffer.from(String(raw), 'base64')) };
}

const refused = (what: string): Error =>
  unsupportedMediaType(
    `the embedded API server does not read ${what} as protobuf; send JSON: kubectl create --dry-run=client -o yaml ... | kubectl create -f -`,
  );

interface Field {
  readonly name: string;
  readonly type: string;
  readonly shape: string;
}

function fieldOf(message: string, number: number): Field | undefined {
  const row = new RegExp(String.raw`(?:^| )${String(number)}:(\w+):(\w+)(\[\]|\{\})?`);
  const [, name, type, shape = ''] = row.exec(MESSAGES[message] ?? '') ?? [];
  return name === undefined || type === undefined ? undefined : { name, type, shape };
}

function readMessage(message: string, bytes: Buffer): Json {
  const result: Json = {};
  for (const { number, value } of wireFields(bytes)) {
    const field = fieldOf(message, number);
    // Go's encoder writes zeros and empty strings where nothing was said.
    if (field === undefined && isNothing(value)) continue;
    if (field === undefined) throw refused(`field ${String(number)} of ${message}`);
    const { name, type, shape } = field;
    if (shape === '{}') {
      const [key, inner] = [...wireFields(asBytes(value))].map((each) => each.value);
      result[name] = { ...asRecord(result[name]), [textOf(key)]: readValue(type, inner ?? Buffer.alloc(0)) };
    } else if (shape === '[]') {
      result[name] = [...((result[name] ?? []) as unknown[]), readValue(type, value)];
    } else {
      const read = readValue(type, value);
      if (read !== undefined && read !== '') result[name] = read;
    }
  }
  return result;
}

type Wire = number | Buffer;
const asBytes = (value: Wire | undefined): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));
const isNothing = (value: Wire): boolean => value === 0 || (Buffer.isBuffer(value) && value.length === 0);
const textOf = (value: Wire | undefined): string => asBytes(value).toString('utf8');

/** `none` is what nobody who creates an object needs to say: it is read over. */
function readValue(type: string, value: Wire): unknown {
  if (type === 'none') return undefined;
  if (type === 'string') return textOf(value);
  if (type === 'bytes') return asBytes(value).toString('base64');
  if (type === 'int') return Number(value);
  if (type === 'bool') return Number(value) === 1;
  return readMessage(type, asBytes(value));
}

function* wireFields(bytes: Buffer): Generator<{ readonly number: number; readonly value: Wire }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw refused('a body that is cut off');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) yield { number, value: varint() };
    else if (tag % 8 === 2) {
      const length = varint();
      if (at + length > bytes.length) throw refused('a body that is cut off');
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw refused(`wire type ${String(tag % 8)}`);
  }
}
