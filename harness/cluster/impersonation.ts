/** The fields of a kubeconfig's user by which it acts as somebody else. */
interface Impersonating {
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: string[];
  readonly 'as-user-extra'?: Readonly<Record<string, string[]>>;
}

/**
 * Headers by which a kubeconfig's user acts as somebody else. As with kubectl, groups and the rest count with `as` alone.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function impersonationOf(user: Impersonating = {}): Record<string, string | string[]> {
  const { as: name, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} } = user;
  if (!name) return {};
  // Keys may hold what names of headers may not, such as a slash.
  const extras = Object.entries(extra).map(
    ([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values] as const,
  );
  return {
    'Impersonate-User': name,
    ...(uid ? { 'Impersonate-Uid': uid } : {}),
    ...(groups.length > 0 ? { 'Impersonate-Group': groups } : {}),
    ...Object.fromEntries(extras),
  };
}
