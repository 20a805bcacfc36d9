import { stringify } from 'yaml';
import type { Need, Right } from './rights.ts';

/** One role for each need, so that granting one later does not take another away. */
const ROLE_NAMES: Readonly<Record<Need, string>> = {
  always: 'meshproof',
  some: 'meshproof-optional',
  disruption: 'meshproof-disruption',
  installation: 'meshproof-installation',
  'node-port': 'meshproof-node-port',
  'pull-secret': 'meshproof-pull-secret',
};

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Rights to the same resources as one rule. */
function rulesOf(rights: readonly Right[]): Rule[] {
  const merged = new Map<string, Rule>();
  for (const { group, resources, verbs, name } of rights) {
    const key = `${group} ${resources.join(',')} ${name ?? ''}`;
    const before = merged.get(key)?.verbs ?? [];
    merged.set(key, {
      apiGroups: [group],
      resources,
      verbs: [...new Set([...before, ...verbs])],
      ...(name === undefined ? {} : { resourceNames: [name] }),
    });
  }
  return [...merged.values()];
}

/** Where a role is, and for what. */
interface Role {
  readonly need: Need;
  /** Missing: in the whole cluster. */
  readonly namespace: string | undefined;
}

function roleAndBinding({ need, namespace }: Role, rules: readonly Rule[], user: string): object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const prefix = namespace === undefined ? 'Cluster' : '';
  const name = ROLE_NAMES[need];
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return [
    { apiVersion, kind: `${prefix}Role`, metadata, rules },
    {
      apiVersion,
      kind: `${prefix}RoleBinding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${prefix}Role`, name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  ];
}

/** YAML that gives `user` exactly these rights. */
export function grantFor(rights: readonly Right[], user: string): string {
  const roles = new Map(
    rights.map(({ need, namespace }) => [`${need} ${namespace ?? ''}`, { need, namespace }]),
  );
  return [...roles.values()]
    .flatMap((role) => {
      const inRole = rights.filter(
        ({ need, namespace }) => need === role.need && namespace === role.namespace,
      );
      return roleAndBinding(role, rulesOf(inRole), user);
    })
    .map((object) => stringify(object))
    .join('---\n');
}
