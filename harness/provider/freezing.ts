import type { RunState } from '../state/state.ts';
import { freezeInWorld } from './embedded/control.ts';
import { kindName, nodeContainer } from './kind/config.ts';
import { freeze, thaw } from './kind/nodes.ts';
import type { Freezable, Frozen, FreezerHandle } from './types.ts';

/** Stops a part of a cluster, from whatever thread; the journal knows of it before it happens. */
export async function freezeWith(
  handle: FreezerHandle,
  what: { readonly cluster: string; readonly part: Freezable },
  state: RunState,
): Promise<Frozen> {
  // A world that ends has nothing frozen in it: its own entry in the journal is enough.
  if (handle.kind === 'embedded') return freezeInWorld(handle.directory, what);
  const container = nodeContainer(kindName(handle.runId, what.cluster));
  const undone = state.willUndo({ kind: 'frozen', container, part: what.part });
  const putBack = async (): Promise<void> => {
    await thaw(container, what.part);
    undone();
  };
  try {
    await freeze(container, what.part);
  } catch (error) {
    // The engine may have done it all the same. What cannot be thawed now stays in the journal.
    await putBack().catch(() => undefined);
    throw error;
  }
  return { thaw: putBack };
}
