import { kindName, nodeContainer } from '../provider/kind/config.ts';
import { freeze, thaw } from '../provider/kind/nodes.ts';
import type { Freezable } from '../provider/types.ts';
import type { RunState } from '../state/state.ts';

/** How the worker reaches the nodes of kind clusters. */
export interface KindHandle {
  readonly runId: string;
}

/** Stops a part of a kind cluster; the journal knows of it before it happens. */
export async function freezeCluster(
  kind: KindHandle,
  what: { readonly cluster: string; readonly part: Freezable },
  state: RunState,
): Promise<{ thaw: () => Promise<void> }> {
  const container = nodeContainer(kindName(kind.runId, what.cluster));
  const undone = state.willUndo({ kind: 'frozen', container, part: what.part });
  await freeze(container, what.part);
  return {
    thaw: async () => {
      await thaw(container, what.part);
      undone();
    },
  };
}
