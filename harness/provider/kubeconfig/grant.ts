import { stringify } from 'yaml';
import type { Right } from './rights.ts';

const NAME = 'meshproof';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Rights of the same group, resources and namespace as one rule. */
function rulesOf(missing: readonly Right[]): Rule[] {
  const merged = new Map<string, Rule>();
  for (const { group, resources, verbs } of missing) {
    const key = `${group} ${resources.join(',')}`;
    const before = merged.get(key)?.verbs ?? [];
    merged.set(key, { apiGroups: [group], resources, verbs: [...new Set([...before, ...verbs])] });
  }
  return [...merged.values()];
}

function roleAndBinding(rules: readonly Rule[], user: string, namespace?: string): object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const prefix = namespace === undefined ? 'Cluster' : '';
  const metadata = namespace === undefined ? { name: NAME } : { name: NAME, namespace };
  return [
    { apiVersion, kind: `${prefix}Role`, metadata, rules },
    {
      apiVersion,
      kind: `${prefix}RoleBinding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${prefix}Role`, name: NAME },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  ];
}

/** YAML that gives `user` these rights, and no others. */
export function grantFor(missing: readonly Right[], user: string): string {
  const namespaces = [...new Set(missing.map(({ namespace }) => namespace))];
  return namespaces
    .flatMap((namespace) => {
      const rules = rulesOf(missing.filter((right) => right.namespace === namespace));
      return roleAndBinding(rules, user, namespace);
    })
    .map((object) => stringify(object, { flowCollectionPadding: true }))
    .join('---\n');
}
