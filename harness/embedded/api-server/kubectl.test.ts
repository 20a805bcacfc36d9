import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../command/command.ts';
import { which } from '../../command/which.ts';
import { type Bench, configMap, deployment, openBench, pod } from './testing.ts';

const kubectlIsThere = (await which('kubectl', process.env['PATH'] ?? '')) !== undefined;

/** The commands that are promised; on a machine without kubectl there is nothing to try them with. */
describe.skipIf(!kubectlIsThere)('kubectl, where there is one', () => {
  let bench: Bench;
  let folder: string;
  let kubeconfig: string;

  beforeAll(async () => {
    bench = await openBench();
    folder = await mkdtemp(path.join(tmpdir(), 'embedded-kubectl-'));
    kubeconfig = await bench.kubeconfig();
  });
  afterAll(async () => {
    await bench.close();
    await rm(folder, { recursive: true });
  });

  /** Runs it as `sh` would read the words, in the namespace `sample`. */
  async function kubectl(words: string, stdin?: string): Promise<string> {
    const options = ['--kubeconfig', kubeconfig, '--cache-dir', path.join(folder, 'cache'), '-n', 'sample'];
    const input = stdin === undefined ? {} : { stdin };
    const ended = await run('kubectl', [...options, ...words.split(' ')], { allowFailure: true, ...input });
    return (
      `${ended.stdout}${ended.stderr}`.trim() + (ended.exitCode === 0 ? '' : ` (${String(ended.exitCode)})`)
    );
  }

  test('creates what it is told by flags and by files', { timeout: 20_000 }, async () => {
    expect(await kubectl('create namespace alpha')).toBe('namespace/alpha created');
    expect(await kubectl('create namespace alpha')).toContain('AlreadyExists');
    expect(await kubectl('create deployment web --image=echo --replicas=2')).toBe(
      'deployment.apps/web created',
    );
    expect(bench.store.get({ kind: 'Deployment', name: 'web', namespace: 'sample' })).toMatchObject({
      spec: { replicas: 2, template: { spec: { containers: [{ name: 'echo', image: 'echo' }] } } },
    });
    await kubectl('create serviceaccount robot');
    expect(await kubectl('create token robot')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await kubectl('create -f -', stringify(configMap('filed')))).toBe('configmap/filed created');
  });

  test(
    'applies, once with a change and once without, and merges as it does in real',
    { timeout: 20_000 },
    async () => {
      const file = path.join(folder, 'app.yaml');
      await writeFile(file, stringify(deployment('app')));
      expect(await kubectl(`apply -f ${file}`)).toBe('deployment.apps/app created');
      expect(await kubectl(`apply -f ${file}`)).toBe('deployment.apps/app unchanged');
      expect(await kubectl('set env deployment/app B=2')).toBe('deployment.apps/app env updated');
      await writeFile(file, stringify(deployment('app', 'two')));
      expect(await kubectl(`apply -f ${file}`)).toBe('deployment.apps/app configured');
      const stored = bench.store.get({ kind: 'Deployment', name: 'app', namespace: 'sample' });
      expect(stored).toMatchObject({
        spec: { template: { spec: { containers: [{ image: 'two', env: [{ name: 'A' }, { name: 'B' }] }] } } },
      });
      expect(await kubectl(`apply --server-side --force-conflicts -f ${file}`)).toContain(
        'serverside-applied',
      );
      expect(await kubectl(`delete -f ${file}`)).toContain('"app" deleted');
    },
  );

  test('labels, scales, waits and follows a rollout', { timeout: 20_000 }, async () => {
    bench.store.create({ ...deployment('ready'), spec: { ...deployment('ready').spec, replicas: 1 } });
    expect(await kubectl('label deployment ready a=b')).toBe('deployment.apps/ready labeled');
    expect(await kubectl('scale deployment ready --replicas=3')).toBe('deployment.apps/ready scaled');
    const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
    const waiting = kubectl('wait --for=condition=Available deployment/ready --timeout=10s');
    bench.store.update({ kind: 'Deployment', name: 'ready', namespace: 'sample' }, (copy) => ({
      ...copy,
      status: {
        ...counts,
        observedGeneration: copy.metadata.generation,
        conditions: [{ type: 'Available', status: 'True' }],
      },
    }));
    expect(await waiting).toBe('deployment.apps/ready condition met');
    expect(await kubectl('rollout status deployment/ready')).toContain('successfully rolled out');
    expect(await kubectl('get deployment ready')).toMatch(/READY +UP-TO-DATE[\s\S]*ready +3\/3/);
  });

  test('runs commands in pods, reads logs, deletes', { timeout: 20_000 }, async () => {
    bench.store.create({ ...pod('shell'), status: { phase: 'Running' } });
    expect(await kubectl('exec -i shell -c app -- cat', 'typed')).toBe('typed');
    expect(await kubectl('exec shell -c app -- false')).toContain('exit code 1 (1)');
    expect(await kubectl('logs shell -c app --tail=1')).toBe('third app');
    expect(await kubectl('delete pod shell --grace-period=0 --force')).toContain('pod "shell" force deleted');
    expect(await kubectl('get pods')).toBe('No resources found in sample namespace.');
    expect(await kubectl('auth can-i delete pods')).toMatch(/yes$/);
    expect(await kubectl('delete namespace alpha')).toContain('"alpha" deleted');
  });
});
