import type { KubernetesObject } from '../cluster/types.ts';
import { RUN_LABEL } from '../state/run-label.ts';

/** How the manifests of a scenario are fitted to the clusters at hand. */
export interface Placement {
  readonly namespace: string;
  readonly runId: string;
  /** Another image for a fixture's, by the last part of its name without tag, or by its whole name. */
  readonly images: Readonly<Record<string, string>>;
  /** Registry and path in place of those in the manifests. */
  readonly imageHub: string | undefined;
  /** Name of a Secret in the namespace that images are pulled with. */
  readonly imagePullSecret: string | undefined;
}

const CLUSTER_SCOPED = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
]);

interface Container {
  readonly image?: string;
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** What Istio replaces by the proxy's image when it injects a gateway, if it is just this word. */
export const INJECTED_IMAGE = 'auto';

/** The image to use for one that a manifest names. */
export function imageFor(image: string, placement: Pick<Placement, 'images' | 'imageHub'>): string {
  if (image === INJECTED_IMAGE) return image;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const replaced = placement.images[image] ?? placement.images[last.split(':')[0] ?? last];
  if (replaced !== undefined) return replaced;
  return placement.imageHub === undefined ? image : `${placement.imageHub}/${last}`;
}

const withImages = <T extends Container>(containers: readonly T[], placement: Placement): T[] =>
  containers.map((container) =>
    container.image === undefined ? container : { ...container, image: imageFor(container.image, placement) },
  );

function withPodSpec(object: KubernetesObject, placement: Placement): KubernetesObject {
  const spec = object['spec'] as { template?: { spec?: PodSpec } } | undefined;
  const pod = spec?.template?.spec;
  if (pod === undefined) return object;
  const secret = placement.imagePullSecret;
  return {
    ...object,
    spec: {
      ...spec,
      template: {
        ...spec?.template,
        spec: {
          ...pod,
          containers: withImages(pod.containers ?? [], placement),
          ...(pod.initContainers === undefined
            ? {}
            : { initContainers: withImages(pod.initContainers, placement) }),
          ...(secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] }),
        },
      },
    },
  };
}

/** Sets namespace, the run's label and images on an object as it was read; manifests hold no placeholders. */
export function place(object: KubernetesObject, placement: Placement): KubernetesObject {
  const namespaced = !CLUSTER_SCOPED.has(object.kind) && object.metadata.namespace === undefined;
  return {
    ...withPodSpec(object, placement),
    metadata: {
      ...object.metadata,
      ...(namespaced ? { namespace: placement.namespace } : {}),
      labels: { ...object.metadata.labels, [RUN_LABEL]: placement.runId },
    },
  };
}
