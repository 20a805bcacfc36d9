/** `exec`: the mesh's introspection in its own containers, a real process in all others. */
import { ApiError, type ExecRequest, type MeshHooks, type Resource } from '../types.ts';
import { PROXY } from './container-run.ts';
import type { PodRun } from './pod-run.ts';

/** A pod and who is asked about its mesh. */
export interface ExecPlace {
  readonly pod: Resource;
  readonly run: PodRun;
  readonly mesh: MeshHooks;
}

const DISCOVERY = 'discovery';

/** Runs a command in a container. Rejects with ApiError 400 for what the embedded mesh's containers do not have. */
export async function execIn({ pod, run, mesh }: ExecPlace, request: ExecRequest): Promise<number> {
  const container = run.containers.find(({ spec }) => spec.name === request.container);
  if (container === undefined || !container.running) {
    throw new ApiError(
      500,
      'InternalError',
      `container ${request.container} of ${request.pod} is not running`,
    );
  }
  const { spec, proxy } = container;
  if (spec.name === PROXY)
    return answer(request, adminPath(request.command), (path) => proxy?.admin(path) ?? '');
  if (spec.name === DISCOVERY)
    return answer(request, discoveryPath(request.command), (path) => mesh.controlPlane(pod, path));
  return run.processes.run(
    {
      words: run.files.commandOf(spec, request.command),
      environment: run.files.environmentOf(spec),
      directory: run.files.directory,
    },
    request,
  );
}

function answer(request: ExecRequest, path: string | undefined, ask: (path: string) => string): number {
  if (path === undefined) {
    const can = request.container === PROXY ? 'pilot-agent' : 'pilot-discovery';
    throw new ApiError(
      400,
      'BadRequest',
      `the embedded container ${request.container} runs only: ${can} request GET PATH; asked for: ${request.command.join(' ')}`,
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

function adminPath([program, verb, method, path]: readonly string[]): string | undefined {
  return program === 'pilot-agent' && verb === 'request' && method === 'GET' ? path : undefined;
}

function discoveryPath([program, verb, method, path]: readonly string[]): string | undefined {
  return program === 'pilot-discovery' && verb === 'request' && method === 'GET' ? path : undefined;
}
