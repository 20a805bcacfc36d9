/** Who asks, and what they may do: bearer tokens, service account tokens, RBAC. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Resource, Store } from '../types.ts';
import { forbidden, unauthorized } from './errors.ts';
import { type Json, asArray, asRecord, asString, valueAt } from './json.ts';

/** A user as the API knows it. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** One deed, as RBAC names it. */
export interface Attributes {
  readonly verb: string;
  readonly group?: string | undefined;
  readonly resource?: string | undefined;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Instead of a resource. */
  readonly path?: string | undefined;
}

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
/** What anybody may read, and what any authenticated user may. */
const PUBLIC_PATH = /^\/(version|healthz|livez|readyz)\b/;
const DISCOVERY_PATH = /^\/(api|apis|openapi)(\/|$)/;
const HOUR_SECONDS = 3600;
/** Tokens in Secrets do not expire. */
const TEN_YEARS_SECONDS = 315_360_000;

/** The users of one cluster. */
export class Users {
  readonly #store: Store;
  readonly #adminToken: string;
  readonly #key = randomBytes(32);

  constructor(store: Store, adminToken: string) {
    this.#store = store;
    this.#adminToken = adminToken;
  }

  /** Throws ApiError 401 for credentials that are not, or no longer, valid. Without any: the anonymous user. */
  authenticate(authorization: string | undefined): User {
    if (authorization === undefined) return ANONYMOUS;
    const [, token = ''] = /^Bearer (.+)$/i.exec(authorization) ?? [];
    if (token === this.#adminToken) {
      return { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
    }
    return this.#serviceAccount(token);
  }

  /** A token of a service account: a JSON Web Token that this server signs. */
  issueToken(account: Resource, lifetimeSeconds = HOUR_SECONDS): { token: string; expires: Date } {
    const { namespace = '', name, uid } = account.metadata;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: `system:serviceaccount:${namespace}:${name}`,
      aud: ['https://kubernetes.default.svc.cluster.local'],
      iat: now,
      exp: now + lifetimeSeconds,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    };
    const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return { token: `${signed}.${this.#sign(signed)}`, expires: new Date(claims.exp * 1000) };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  #serviceAccount(token: string): User {
    const [head = '', body = '', signature = ''] = token.split('.');
    const expected = Buffer.from(this.#sign(`${head}.${body}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw unauthorized('Unauthorized');
    const claims = asRecord(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    const [, , namespace = '', name = ''] = String(claims['sub']).split(':');
    const account = this.#store.get({ kind: 'ServiceAccount', namespace, name });
    const uid = valueAt(claims, ['kubernetes.io', 'serviceaccount', 'uid']);
    const expired = Number(claims['exp']) * 1000 < Date.now();
    if (expired || account === undefined || account.metadata.uid !== uid) throw unauthorized('Unauthorized');
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    return { name: String(claims['sub']), groups };
  }

  /** From now on a Secret for a service account's token gets it, as from the token controller. Gives what ends it. */
  fillTokenSecrets(): () => void {
    return this.#store.watch(({ type, object }) => {
      const { name, namespace = '', annotations } = object.metadata;
      const account = annotations?.['kubernetes.io/service-account.name'] ?? '';
      const wanted = object.kind === 'Secret' && object['type'] === 'kubernetes.io/service-account-token';
      if (type !== 'ADDED' || !wanted) return;
      const found = this.#store.get({ kind: 'ServiceAccount', name: account, namespace });
      if (found === undefined) return;
      const { token } = this.issueToken(found, TEN_YEARS_SECONDS);
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const data = { token: base64(token), namespace: base64(namespace) };
      this.#store.update({ kind: 'Secret', name, namespace }, (copy) => ({ ...copy, data }));
    });
  }

  /** Throws ApiError 403 in the words of Kubernetes. */
  require(user: User, deed: Attributes): void {
    if (this.may(user, deed)) return;
    const { verb, group = '', resource = '', subresource, namespace, name, path } = deed;
    if (path !== undefined) throw forbidden(`forbidden: User "${user.name}" cannot ${verb} path "${path}"`);
    const plural = group === '' ? resource : `${resource}.${group}`;
    const what = `resource "${resource}${subresource === undefined ? '' : `/${subresource}`}"`;
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const which = name === undefined ? '' : ` "${name}"`;
    throw forbidden(
      `${plural}${which} is forbidden: User "${user.name}" cannot ${verb} ${what} in API group "${group}" ${where}`,
    );
  }

  /** Whether RBAC allows it. */
  may(user: User, deed: Attributes): boolean {
    if (user.groups.includes('system:masters')) return true;
    if (deed.path !== undefined) {
      if (PUBLIC_PATH.test(deed.path)) return true;
      return user.groups.includes('system:authenticated') && DISCOVERY_PATH.test(deed.path);
    }
    if (deed.resource?.startsWith('selfsubject') === true && user !== ANONYMOUS) return true;
    return this.#rulesFor(user, deed.namespace).some((rule) => allows(rule, deed));
  }

  #rulesFor(user: User, namespace: string | undefined): Json[] {
    const bindings = [
      ...this.#store.list('ClusterRoleBinding'),
      ...(namespace === undefined ? [] : this.#store.list('RoleBinding', { namespace })),
    ];
    return bindings
      .filter((binding) => isBound(user, binding))
      .flatMap((binding) => {
        const { kind, name } = asRecord(binding['roleRef']);
        const scope = kind === 'Role' ? { namespace: binding.metadata.namespace ?? '' } : {};
        const role = this.#store.get({ kind: asString(kind) ?? '', name: asString(name) ?? '', ...scope });
        if (role === undefined && kind === 'ClusterRole' && name === 'cluster-admin') return [EVERYTHING];
        return asArray(role?.['rules']).map(asRecord);
      });
  }
}

const EVERYTHING: Json = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };

function isBound(user: User, binding: Resource): boolean {
  return asArray(binding['subjects'])
    .map(asRecord)
    .some(({ kind, name, namespace }) => {
      if (kind === 'Group') return user.groups.includes(String(name));
      if (kind === 'User') return user.name === name;
      const from = asString(namespace) ?? binding.metadata.namespace ?? '';
      return user.name === `system:serviceaccount:${from}:${String(name)}`;
    });
}

function allows(rule: Json, { verb, group = '', resource = '', subresource, name }: Attributes): boolean {
  const has = (field: string, value: string): boolean =>
    asArray(rule[field]).some((each) => each === '*' || each === value);
  const names = asArray(rule['resourceNames']);
  const wanted = subresource === undefined ? resource : `${resource}/${subresource}`;
  const named = names.length === 0 || (name !== undefined && names.includes(name));
  return named && has('verbs', verb) && has('apiGroups', group) && has('resources', wanted);
}
