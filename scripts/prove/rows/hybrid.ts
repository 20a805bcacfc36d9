/** Every defect that hybrid has to answer, in the cheapest scenario that shows it. */
import { rowsOf, type Row } from '../types.ts';

export const hybrid: readonly Row[] = rowsOf('hybrid', [
  ['gateway-address-wrong', 'gateways/H0', 'gateway/cluster1-to-cluster2 gateway/cluster1-to-cluster3'],
  ['gateway-of-another-revision', 'gateways/H1', 'revision/cluster2 exposes/cluster2'],
  [
    'remote-secret-missing=cluster3',
    'gateways/H2',
    'watches/cluster1-to-cluster3 discovers/cluster1-to-cluster3',
  ],
  ['other-root', 'gateways/H2', 'root/cluster1-and-cluster2'],
  ['injector-of-another-revision', 'gateways/H3', 'injected/cluster2 configured/cluster2'],
  ['remote-starved', 'gateways/H4', 'reaches/cluster1'],
  ['identity-not-checked', 'gateways/H5', 'no-certificate/cluster1 another-root/cluster1'],
  ['strangers-at-times', 'gateways/H5', 'no-certificate/cluster1 self-signed/cluster1 another-root/cluster1'],
  ['gateway-speaks-http', 'gateways/H5', 'right-certificate/cluster2 plaintext/cluster2'],
  ['remote-secret-missing=cluster3', 'gateways/H6', 'reaches/cluster1-to-cluster3'],
  ['rights-left-behind', 'gateways/H7', 'after/cluster1'],
  [
    'namespaces-never-end',
    'gateways/H7',
    'deleted-in-two/endpoints after/cluster1 after/cluster2 after/cluster3',
    'inconclusive',
    'a namespace that does not end in time is our own means: what it leaves behind cannot be looked at',
  ],
]);
