/** `exec`: the mesh's introspection in its own containers, a real process in all others. */
import { ApiError, type ExecRequest, type MeshHooks, type Resource } from '../types.ts';
import { badRequest } from '../api-server/errors.ts';
import { PROXY } from './container-run.ts';
import type { PodRun } from './pod-run.ts';

/** A pod that runs. */
export interface Found {
  readonly pod: Resource;
  readonly run: PodRun;
}

/** Runs a command in a container. Rejects with ApiError 400 for what the embedded mesh's containers do not have. */
export async function execIn({ pod, run }: Found, mesh: MeshHooks, request: ExecRequest): Promise<number> {
  const container = run.container(request.container);
  if (container?.running !== true) {
    const message = `container ${request.container} of ${request.pod} is not running`;
    throw new ApiError(500, 'InternalError', message);
  }
  const { spec, proxy } = container;
  if (spec.name === PROXY) return answer('pilot-agent', request, (path) => proxy?.admin(path) ?? '');
  if (spec.name === 'discovery')
    return answer('pilot-discovery', request, (path) => mesh.controlPlane(pod, path));
  return run.processes.run(run.files.processOf(spec, request.command), request);
}

function answer(program: string, request: ExecRequest, ask: (path: string) => string): number {
  const can = `${program} request GET`;
  const path = request.command[3];
  if (path === undefined || request.command.slice(0, 3).join(' ') !== can) {
    throw badRequest(
      `the embedded container ${request.container} runs only: ${can} PATH; asked for: ${request.command.join(' ')}`,
    );
  }
  try {
    request.stdout(Buffer.from(ask(path)));
    return 0;
  } catch (error) {
    request.stderr(Buffer.from(`Error: ${error instanceof Error ? error.message : 'refused'}\n`));
    return 1;
  }
}
