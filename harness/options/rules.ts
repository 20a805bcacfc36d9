import type { Command, RunOptions } from './types.ts';

type Given = Partial<RunOptions> & { readonly rule?: string };

/** What is missing, and options that are well-formed each and make no sense together: a message for each. */
export function contradictions(command: Command, given: Given): readonly string[] {
  const { provider = 'auto', cluster = [] } = given;
  const mistakes: string[] = [];
  if (command === 'judge' && given.rule === undefined)
    mistakes.push('judge needs --rule RULE: JSON, or a file with it');
  if (provider === 'kubeconfig' && cluster.length === 0) {
    mistakes.push('--provider kubeconfig needs the clusters: --cluster NAME=FILE[:CONTEXT], once for each');
  }
  if ((provider === 'kind' || provider === 'embedded') && cluster.length > 0) {
    mistakes.push(
      `--cluster is for existing clusters, --provider ${provider} makes its own: leave one of them out`,
    );
  }
  if (provider !== 'embedded' && provider !== 'auto') {
    if ((given.defect ?? []).length > 0) mistakes.push('--defect is for --provider embedded alone');
    if (given.timeScale !== undefined && given.timeScale !== 1)
      mistakes.push('--time-scale is for --provider embedded alone');
  }
  if (cluster.length > 0 && given.installer !== undefined && given.installMesh !== true) {
    mistakes.push(
      '--installer is called where a mesh is installed, and existing clusters keep theirs: add --install-mesh, or leave it out',
    );
  }
  if (given.continue !== undefined && given.dryRun === true) {
    mistakes.push('--continue measures and --dry-run touches nothing: leave one of them out');
  }
  if (given.json === true && given.dryRun === true) {
    mistakes.push('--dry-run prints manifests as YAML: leave out --json, or use the command list');
  }
  return mistakes;
}
