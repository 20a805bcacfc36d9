/** Questions about rights and users: asked by POST, answered, never kept. */
import { type Json, asArray, asRecord, asString } from './json.ts';
import type { Attributes, User, Users } from './users.ts';

/** A kind that is asked; all are of version v1. */
interface Review {
  readonly group: string;
  readonly kind: string;
  readonly answer: (spec: Json, user: User, users: Users) => Json;
}

export const REVIEWS: readonly Review[] = [
  { group: 'authorization.k8s.io', kind: 'SelfSubjectAccessReview', answer: access },
  {
    group: 'authorization.k8s.io',
    kind: 'SubjectAccessReview',
    answer: (spec, _user, users) => access(spec, userIn(spec), users),
  },
  {
    group: 'authentication.k8s.io',
    kind: 'SelfSubjectReview',
    answer: (_spec, { name, groups }) => ({ userInfo: { username: name, groups } }),
  },
];

export const pluralOf = ({ kind }: Review): string => `${kind.toLowerCase()}s`;

/** The answered review, or undefined if the path is no review. */
export function answerReview(
  path: string,
  body: Json,
  who: { readonly user: User; readonly users: Users },
): Json | undefined {
  const review = REVIEWS.find((each) => path === `/apis/${each.group}/v1/${pluralOf(each)}`);
  return review && { ...body, status: review.answer(asRecord(body['spec']), who.user, who.users) };
}

function access({ resourceAttributes, nonResourceAttributes }: Json, user: User, users: Users): Json {
  const said = { verb: 'get', ...asRecord(nonResourceAttributes), ...asRecord(resourceAttributes) };
  const deed = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== ''));
  const allowed = users.may(user, deed as unknown as Attributes);
  return allowed ? { allowed } : { allowed, reason: 'no RBAC rule allows it' };
}

function userIn(spec: Json): User {
  return {
    name: asString(spec['user']) ?? '',
    groups: asArray(spec['groups']).flatMap((group) => asString(group) ?? []),
  };
}
