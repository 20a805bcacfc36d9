import type { Finding } from '../types.ts';
import { about } from './findings.ts';
import { probe } from './probe.ts';
import { atLeast, formatVersion, readVersion, type Version } from './version.ts';

/** A program that a run needs, and how to ask for its version. */
export interface Tool {
  /** What it is called, for messages. */
  readonly name: string;
  /** Name in PATH, or path. */
  readonly program: string;
  /** Arguments that make it print its version without contacting anything. */
  readonly versionArgs: readonly string[];
  readonly minimum: Version;
  /** Where to get it. */
  readonly install: string;
  /** The option that names another one. */
  readonly option: string;
}

/** Is the tool there, and new enough? The version is undefined where none could be read. */
export async function checkTool(
  tool: Tool,
): Promise<{ readonly version: Version | undefined; readonly findings: Finding[] }> {
  const { name, program, minimum, install, option } = tool;
  const say = about(name);
  const elsewhere = `${install}; or name another one: ${option} PATH`;
  const answer = await probe(program, tool.versionArgs);
  const none = (finding: Finding): { version: undefined; findings: Finding[] } => ({
    version: undefined,
    findings: [finding],
  });
  if (answer.kind === 'missing') {
    const where = program.includes('/')
      ? `${program} is not an executable file`
      : `there is no ${program} in PATH`;
    return none(say.error(`${name} ${formatVersion(minimum)} or later is needed; ${where}`, elsewhere));
  }
  if (answer.kind === 'failed')
    return none(say.error(`${program} cannot be run: ${answer.message}`, elsewhere));
  const command = [program, ...tool.versionArgs].join(' ');
  if (answer.exitCode !== 0) {
    const said = (answer.stderr.trim() || answer.stdout.trim()).split('\n').at(-1) ?? '';
    return none(say.error(`${command} exited ${String(answer.exitCode)}: ${said}`, elsewhere));
  }
  const version = readVersion(answer.stdout);
  if (version === undefined) {
    const message = `${command} told no version; ${formatVersion(minimum)} or later is expected`;
    return none(say.warning(message, `look: ${command}`));
  }
  if (atLeast(version, minimum)) return { version, findings: [] };
  const message = `${name} ${formatVersion(minimum)} or later is needed, ${program} is ${formatVersion(version)}`;
  return { version, findings: [say.error(message, elsewhere)] };
}
