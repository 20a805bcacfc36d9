/** Questions about rights and users: asked by POST, answered, never kept. */
import { type Json, asArray, asRecord, asString } from './json.ts';
import type { Attributes, User, Users } from './users.ts';

type Review = (spec: Json, user: User, users: Users) => Json;

const REVIEWS: Readonly<Record<string, Review>> = {
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': (spec, user, users) => access(spec, user, users),
  '/apis/authorization.k8s.io/v1/subjectaccessreviews': (spec, _user, users) =>
    access(spec, userIn(spec), users),
  '/apis/authentication.k8s.io/v1/selfsubjectreviews': (_spec, { name, groups }) => ({
    userInfo: { username: name, groups },
  }),
};

/** The answered review, or undefined if the path is no review. */
export function answerReview(
  path: string,
  body: Json,
  who: { readonly user: User; readonly users: Users },
): Json | undefined {
  const review = REVIEWS[path];
  if (review === undefined) return undefined;
  return { ...body, status: review(asRecord(body['spec']), who.user, who.users) };
}

function access(spec: Json, user: User, users: Users): Json {
  const attributes = asRecord(spec['resourceAttributes']);
  const path = asString(asRecord(spec['nonResourceAttributes'])['path']);
  const deed: Record<string, string> = {
    verb: asString(asRecord(spec['nonResourceAttributes'])['verb']) ?? 'get',
  };
  for (const field of ['verb', 'group', 'resource', 'subresource', 'namespace', 'name']) {
    const value = asString(attributes[field]);
    if (value !== undefined && value !== '') deed[field] = value;
  }
  if (path !== undefined) deed['path'] = path;
  const allowed = users.may(user, deed as unknown as Attributes);
  return allowed ? { allowed } : { allowed, reason: 'no RBAC rule allows it' };
}

function userIn(spec: Json): User {
  return {
    name: asString(spec['user']) ?? '',
    groups: asArray(spec['groups']).flatMap((group) => asString(group) ?? []),
  };
}
