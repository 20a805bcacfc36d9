import type { Istioctl } from './istioctl.ts';

export const SYSTEM_NAMESPACE = 'istio-system';

/** What Istio calls an object of a revision's: one that is not the default has its name at the end. */
export const nameInRevision = (name: string, revision: string | undefined): string =>
  revision === undefined || revision === 'default' ? name : `${name}-${revision}`;

/** How long one step of an installation may take. */
export const PATIENCE_MS = 240_000;

/** What Istio is installed with. */
export interface IstioSettings {
  readonly istioctl: Istioctl;
  readonly hub: string | undefined;
  readonly tag: string | undefined;
  /** Files with IstioOperator settings of the user's, merged over ours. */
  readonly overlays: readonly string[];
  /** Who gives gateways their address: the harness with the node's, or something in the cluster. */
  readonly loadBalancer: 'node-ip' | 'metallb' | 'none';
  readonly gateways: boolean;
  /** Control planes are told of the other clusters (remote secrets). */
  readonly discovery: boolean;
  readonly say: (text: string) => void;
}
