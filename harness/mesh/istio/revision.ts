import { poll } from '../../wait/wait.ts';
import type { RunState } from '../../state/state.ts';
import type { Member, MeshInCluster } from '../types.ts';
import { controlPlanePods } from './control-plane.ts';
import { install, uninstallRevision } from './istioctl.ts';
import { istioOperator } from './operator.ts';

/** What a second revision is installed with: the same settings as the first, as far as they can be known. */
export interface RevisionSettings {
  readonly program: string;
  readonly hub: string | undefined;
  readonly tag: string | undefined;
  readonly overlays: readonly string[];
  readonly directory: string;
  readonly signal: AbortSignal;
  /** What is known of the mesh that is there. */
  readonly facts: MeshInCluster;
  readonly state: RunState;
}

/** Installs a control plane beside the one that is there, for the same cluster, network and root of trust. */
export async function installRevision(
  member: Member,
  revision: string,
  settings: RevisionSettings,
): Promise<{ remove: () => Promise<void> }> {
  const { program, directory, signal, facts, hub, tag, overlays, state } = settings;
  const { kubeconfig, context } = member.provided;
  const undone = state.willUndo({
    kind: 'revision',
    kubeconfig,
    ...(context === undefined ? {} : { context }),
    revision,
    program,
  });
  const cluster = {
    ...member.topology,
    name: facts.clusterId,
    network: facts.network ?? member.topology.network,
  };
  await install({ program, directory, signal }, member, {
    name: revision,
    operator: istioOperator({ cluster, hub, tag, gateway: false, revision }),
    overlays,
  });
  const what = `the revision ${revision} in ${member.topology.name}`;
  await poll({ what, timeoutMs: 120_000, intervalMs: 500, signal }, async () =>
    (await controlPlanePods(member.client, revision)).length > 0 ? true : undefined,
  );
  return {
    remove: async () => {
      await uninstallRevision({ program, directory, signal: AbortSignal.timeout(120_000) }, member, revision);
      undone();
    },
  };
}
