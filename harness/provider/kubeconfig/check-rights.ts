import type { Cluster } from '../../cluster/cluster.ts';
import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';
import { grantFor } from './grant.ts';
import { questionsOf, type Right } from './rights.ts';

/** Verbs of each right that this user lacks; rights that are there are left out. */
export async function missingRights(cluster: Cluster, wanted: readonly Right[]): Promise<Right[]> {
  // An administrator is spared some hundred questions.
  if (await cluster.mayI({ verb: '*', group: '*', resource: '*' })) return [];
  const checked = await Promise.all(wanted.flatMap(oneResourceEach).map((right) => lacking(cluster, right)));
  return checked.filter(({ verbs }) => verbs.length > 0);
}

const oneResourceEach = (right: Right): Right[] =>
  right.resources.map((resource) => ({ ...right, resources: [resource] }));

async function lacking(cluster: Cluster, right: Right): Promise<Right> {
  const answers = await Promise.all(
    questionsOf(right).map(async (question) => ((await cluster.mayI(question)) ? [] : [question.verb])),
  );
  return { ...right, verbs: answers.flat() };
}

const described = ({ verbs, resources, group, namespace, name, purpose }: Right): string => {
  const what = `${resources.join(', ')}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`;
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return `  ${verbs.join(', ')} ${what}${where}, to ${purpose}`;
};

/** One error for what is indispensable, one warning for what some scenarios are skipped without. */
export async function checkRights(cluster: Cluster, wanted: readonly Right[]): Promise<Finding[]> {
  const missing = await missingRights(cluster, wanted);
  if (missing.length === 0) return [];
  const user = await userName(cluster);
  const say = about(cluster.name);
  // Whole roles: a part alone would replace what was granted before.
  const whole = (rights: readonly Right[]): Right[] =>
    wanted.filter(({ need }) => rights.some((right) => right.need === need));
  const told = (rights: readonly Right[]): [message: string, remedy: string] => [
    `${user} may not:\n${rights.map(described).join('\n')}`,
    `as an administrator of ${cluster.name}:\nkubectl apply -f - <<'EOF'\n${grantFor(whole(rights), user)}EOF`,
  ];
  const needed = missing.filter(({ need }) => need !== 'some');
  const useful = missing.filter(({ need }) => need === 'some');
  return [
    ...(needed.length === 0 ? [] : [say.error(...told(needed))]),
    ...(useful.length === 0 ? [] : [say.warning(...told(useful))]),
  ];
}

/** The user as the API server knows it. Servers before 1.28 do not tell. */
async function userName(cluster: Cluster): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const review = (await cluster.request('POST', path, { body })) as {
      readonly status?: { readonly userInfo?: { readonly username?: string } };
    };
    return review.status?.userInfo?.username ?? 'YOUR-USER';
  } catch {
    return 'YOUR-USER';
  }
}
