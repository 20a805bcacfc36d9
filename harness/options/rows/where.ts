import {
  clusterSource,
  defect,
  distinctClusters,
  imageReference,
  imagesByName,
  label,
  labelsByKey,
  namespacedName,
} from '../forms.ts';
import { choice, custom, flag, gathered, many, number, text } from '../option.ts';
import { ingressAddressChoices, loadBalancerChoices, providerChoices } from '../types.ts';
import { clusters, none, withClean, type Rows } from './rows.ts';

const ofIstioctl = { fallback: undefined, fallbackText: 'that of the istioctl found' } as const;

/** Clusters, mesh and images. */
export const where = {
  provider: choice(
    { placeholder: '', fallback: 'auto', commands: clusters, about: 'Who provides the clusters.' },
    providerChoices,
  ),
  timeScale: number(
    {
      fallback: 1,
      commands: clusters,
      about: 'On the embedded mesh, the share of their usual time that pods take to start and end.',
    },
    { min: 0.01, max: 10, whole: false },
  ),
  defect: many(
    {
      placeholder: 'NAME[=VALUE]',
      fallback: [],
      fallbackText: 'none',
      commands: clusters,
      about: 'What is wrong with the embedded mesh, on purpose; may be repeated.',
    },
    defect,
  ),
  cluster: gathered(
    many(
      {
        placeholder: 'NAME=FILE[:CONTEXT]',
        fallback: [],
        commands: withClean,
        about: 'An existing cluster and its kubeconfig; FILE ends at the first colon; may be repeated.',
      },
      clusterSource,
    ),
    distinctClusters,
  ),
  allowDisruption: flag({
    fallback: false,
    commands: clusters,
    about: 'Let scenarios scale or restart what the harness did not make (istiod, gateways).',
  }),
  injectionLabel: custom(
    {
      placeholder: 'KEY=VALUE',
      fallback: undefined,
      fallbackText: 'as detected',
      commands: clusters,
      about: 'Label that turns on sidecar injection in a namespace.',
    },
    label,
  ),
  namespaceLabel: gathered(
    many(
      {
        placeholder: 'KEY=VALUE',
        fallback: [],
        fallbackText: 'none',
        commands: clusters,
        about:
          'A label for the namespaces that are made, such as one of discoverySelectors; may be repeated.',
      },
      label,
    ),
    labelsByKey,
  ),
  image: gathered(
    many(
      {
        placeholder: 'NAME=REF',
        fallback: [],
        commands: clusters,
        about: "Another image for a fixture's; may be repeated.",
      },
      imageReference,
    ),
    imagesByName,
  ),
  imageHub: text({
    placeholder: 'HUB',
    fallback: undefined,
    fallbackText: 'as in the fixtures',
    commands: clusters,
    about: "Registry and path in place of those of the fixtures' images.",
  }),
  imagePullSecret: custom(
    {
      ...none,
      placeholder: 'NAMESPACE/NAME',
      commands: clusters,
      about: 'Secret for pulling images, copied into the namespaces that are made.',
    },
    namespacedName,
  ),
  kindImage: text({
    placeholder: 'REF',
    fallback: undefined,
    fallbackText: 'that of the kind found',
    commands: clusters,
    about: 'Node image of kind.',
  }),
  kindBin: text({ placeholder: 'PATH', fallback: 'kind', commands: withClean, about: 'The kind to run.' }),
  istioctlBin: text({
    placeholder: 'PATH',
    fallback: 'istioctl',
    commands: clusters,
    about: 'The istioctl to run.',
  }),
  istioHub: text({
    ...ofIstioctl,
    placeholder: 'HUB',
    commands: clusters,
    about: "Registry and path of Istio's images.",
  }),
  istioTag: text({ ...ofIstioctl, placeholder: 'TAG', commands: clusters, about: "Tag of Istio's images." }),
  installValues: text({
    ...none,
    placeholder: 'FILE',
    commands: clusters,
    about: 'An IstioOperator that is merged over ours.',
  }),
  gatewayApi: text({
    ...none,
    placeholder: 'FILE',
    commands: clusters,
    about: "The Gateway API's definitions, for the clusters that the run makes.",
  }),
  installer: text({
    ...none,
    placeholder: 'PATH',
    commands: clusters,
    about: "A vendor's executable that takes install and cleanup, instead of istioctl.",
  }),
  installMesh: flag({
    fallback: false,
    commands: clusters,
    about: 'On existing clusters, install the mesh too.',
  }),
  loadBalancer: choice(
    {
      placeholder: '',
      fallback: 'node-ip',
      commands: clusters,
      about: 'How gateways on kind get an address (metallb is untested).',
    },
    loadBalancerChoices,
  ),
  ingressAddress: choice(
    {
      placeholder: '',
      fallback: 'load-balancer',
      commands: clusters,
      about: 'Where visitors find ingress gateways: at their load balancer, or at a node.',
    },
    ingressAddressChoices,
  ),
} satisfies Partial<Rows>;
