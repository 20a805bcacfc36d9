import { changeRevisions } from '../../provider/embedded/control.ts';
import { placeOf } from '../../provider/place-of.ts';
import type { RevisionHandle } from '../../provider/types.ts';
import type { RunState } from '../../state/state.ts';
import { poll } from '../../wait/wait.ts';
import { idOf } from '../cluster-id.ts';
import type { Member, MeshInCluster } from '../types.ts';
import { controlPlanePods } from './control-plane.ts';
import { install, uninstallRevision } from './istioctl.ts';
import { meshNamesOf } from './mesh-config.ts';
import { istioOperator } from './operator.ts';

/** What installs a second revision: istioctl with the settings of the first, as far as they can be known, or the provider. Plain data. */
export type RevisionInstaller = IstioctlInstaller | RevisionHandle;

interface IstioctlInstaller {
  readonly kind: 'istioctl';
  readonly program: string;
  readonly hub: string | undefined;
  readonly tag: string | undefined;
  readonly overlays: readonly string[];
}

/** What a second revision is installed with. */
export interface RevisionSettings {
  readonly installer: RevisionInstaller;
  readonly directory: string;
  readonly signal: AbortSignal;
  /** What is known of the mesh that is there. */
  readonly facts: MeshInCluster;
  readonly state: RunState;
}

type Remove = () => Promise<void>;

/** Installs a control plane beside the one that is there, for the same cluster, network and root of trust. */
export async function installRevision(
  member: Member,
  revision: string,
  settings: RevisionSettings,
): Promise<{ remove: Remove }> {
  const { installer, signal } = settings;
  const { bring, remove } =
    installer.kind === 'embedded'
      ? inWorld(installer, member, revision)
      : byIstioctl(installer, member, { revision, settings });
  const what = `the revision ${revision} in ${member.topology.name}`;
  try {
    await bring();
    await poll({ what, timeoutMs: 120_000, intervalMs: 500, signal }, async () =>
      (await controlPlanePods(member.client, revision)).length > 0 ? true : undefined,
    );
  } catch (error) {
    // What came only halfway is removed at once: other scenarios go on beside it. The end of a run removes it otherwise.
    if (!signal.aborted) await remove().catch(() => undefined);
    throw error;
  }
  return { remove };
}

interface Way {
  readonly bring: () => Promise<void>;
  readonly remove: Remove;
}

/** A world that ends takes it along: its own entry in the journal is enough. */
function inWorld(
  { directory }: RevisionHandle,
  { topology: { name: cluster } }: Member,
  revision: string,
): Way {
  return {
    bring: () => changeRevisions(directory, { action: 'install', cluster, revision }),
    remove: () => changeRevisions(directory, { action: 'uninstall', cluster, revision }),
  };
}

function byIstioctl(
  { program, hub, tag, overlays }: IstioctlInstaller,
  member: Member,
  { revision, settings }: { readonly revision: string; readonly settings: RevisionSettings },
): Way {
  const { directory, signal, facts, state } = settings;
  const undone = state.willUndo({ kind: 'revision', ...placeOf(member.provided), revision, program });
  const cluster = {
    ...member.topology,
    name: idOf(facts),
    network: facts.network ?? member.topology.network,
  };
  return {
    bring: async () => {
      const names = await meshNamesOf(member.client, facts.controlPlanes[0]?.revision);
      const operator = istioOperator({ cluster, hub, tag, gateway: false, revision, beside: true, names });
      await install({ program, directory, signal }, member, { name: revision, operator, overlays });
    },
    remove: async () => {
      await uninstallRevision({ program, directory, signal: AbortSignal.timeout(120_000) }, member, revision);
      undone();
    },
  };
}
