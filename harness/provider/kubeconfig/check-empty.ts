import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl } from '../../cluster/kubeconfig.ts';
import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';
import { reasonOf } from './reason.ts';

/** A part of a mesh that is there, and the arguments of kubectl that show it. */
interface Part {
  readonly what: string;
  readonly look: string;
}

/**
 * Is there nothing of Istio, in whatever namespace? What `--install-mesh` brings is removed when the run is over, and what
 * was there before would go with it: every control plane, and Istio's definitions with all their objects.
 */
export async function checkEmpty(cluster: Cluster): Promise<Finding[]> {
  const say = about(cluster.name);
  const show = ({ look }: Part): string => `${kubectl(cluster)} ${look}`;
  try {
    const parts = await Promise.all([namespaceIn(cluster), definitionsIn(cluster), webhooksIn(cluster)]);
    const found = parts.flat();
    if (found.length === 0) return [];
    const message =
      `--install-mesh expects a cluster without a mesh, for at its end it removes all of Istio; ` +
      `there is ${found.map(({ what }) => what).join(', and ')}`;
    const remedy = `leave out --install-mesh to use the mesh that is there. To look at it:\n${found.map(show).join('\n')}`;
    return [say.error(message, remedy)];
  } catch (error) {
    const message = `--install-mesh expects a cluster without a mesh, and whether there is one cannot be seen: ${reasonOf(error)}`;
    return [say.error(message, show(DEFINITIONS))];
  }
}

const DEFINITIONS: Part = {
  what: 'definitions of Istio',
  look: "get customresourcedefinitions -o name | grep '[.]istio[.]io$'",
};

async function namespaceIn(cluster: Cluster): Promise<Part[]> {
  const there = await cluster.get({ apiVersion: 'v1', kind: 'Namespace', name: 'istio-system' });
  return there === undefined
    ? []
    : [{ what: 'a namespace istio-system already', look: 'get namespace istio-system' }];
}

/** The same that are deleted in the end. */
async function definitionsIn(cluster: Cluster): Promise<Part[]> {
  const all = await cluster.list({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
  });
  const [first, ...others] = all
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.endsWith('.istio.io'));
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` and ${String(others.length)} more`;
  return [{ ...DEFINITIONS, what: `the definition ${first}${more} already` }];
}

/** A control plane in any namespace, or outside of the cluster, has one. */
async function webhooksIn(cluster: Cluster): Promise<Part[]> {
  const label = 'app=sidecar-injector';
  const found = await cluster.list({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    labelSelector: label,
  });
  if (found.length === 0) return [];
  const names = found.map(({ metadata }) => metadata.name).join(', ');
  return [
    {
      what: `the MutatingWebhookConfiguration ${names}, which injects proxies`,
      look: `get mutatingwebhookconfigurations -l ${label}`,
    },
  ];
}
