/**
 * Runs the kubectl of the PATH against one cluster of the embedded mesh: each command of the table below, with what it has
 * to say and how it has to end. Prints the table; exit 1 if anything was different, 0 where there is no kubectl to try with.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../harness/command/command.ts';
import { which } from '../harness/command/which.ts';
import { endWorld } from '../harness/provider/embedded/control.ts';
import { startWorldProcess } from '../harness/provider/embedded/process.ts';

/** A command line without `kubectl`, what it prints (on either stream), and its exit code if that is not 0. */
interface Row {
  readonly words: string;
  readonly says: RegExp;
  readonly stdin?: string;
  readonly exit?: number;
}

const APPS = fileURLToPath(new URL('../fixtures/apps/', import.meta.url));
const HELLO = `-f ${APPS}helloworld.yaml -f ${APPS}helloworld-v1.yaml -f ${APPS}sleep.yaml`;
const COMMAND_MS = 90_000;

const MIRRORED = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: mirrored }
spec:
  hosts: [helloworld]
  http: [{ route: [{ destination: { host: helloworld } }], mirror: { host: helloworld } }]
`;

const ROWS: readonly Row[] = [
  { words: 'version', says: /Server Version: v1\.34\./ },
  { words: 'create namespace try', says: /^namespace\/try created$/ },
  { words: 'create namespace try', says: /\(AlreadyExists\): namespaces "try" already exists/, exit: 1 },
  { words: 'label namespace try istio-injection=enabled', says: /^namespace\/try labeled$/ },
  { words: 'get namespaces --show-labels', says: /^try +Active +\d+s +istio-injection=enabled/m },
  {
    words: `apply ${HELLO}`,
    says: /service\/helloworld created[\s\S]*deployment\.apps\/helloworld-v1 created/,
  },
  { words: 'rollout status deployment/helloworld-v1 --timeout=60s', says: /successfully rolled out$/ },
  { words: 'wait --for=condition=Available deployment/sleep --timeout=60s', says: /sleep condition met$/ },
  { words: 'get pods -l app=helloworld', says: /^NAME +READY +STATUS[\s\S]*2\/2 +Running +0 / },
  { words: `apply ${HELLO}`, says: /deployment\.apps\/helloworld-v1 unchanged/ },
  { words: `apply --server-side --force-conflicts ${HELLO}`, says: /helloworld-v1 serverside-applied/ },
  { words: 'scale deployment/helloworld-v1 --replicas=2', says: /^deployment\.apps\/helloworld-v1 scaled$/ },
  { words: 'rollout status deployment/helloworld-v1 --timeout=60s', says: /successfully rolled out$/ },
  { words: 'get deployment helloworld-v1', says: /^helloworld-v1 +2\/2 +2 +2 /m },
  { words: 'get deployment helloworld-v1 -o jsonpath={.spec.replicas}', says: /^2$/ },
  { words: 'get endpointslices -l kubernetes.io/service-name=helloworld -o name', says: /endpointslice/ },
  { words: 'exec deploy/sleep -c sleep -- curl -sS helloworld:5000/hello', says: /^Hello version: v1/ },
  { words: 'exec deploy/sleep -c sleep -- curl -sS http://nobody:5000/', says: /code 6$/, exit: 6 },
  { words: 'exec -i deploy/sleep -c sleep -- cat', stdin: 'typed', says: /^typed$/ },
  { words: 'exec deploy/sleep -c sleep -- false', says: /exit code 1$/, exit: 1 },
  { words: 'logs deploy/helloworld-v1 -c helloworld', says: /^Found 2 pods/ },
  { words: 'logs deploy/nobody', says: /deployments\.apps "nobody" not found/, exit: 1 },
  { words: 'create configmap notes --from-literal=a=b', says: /^configmap\/notes created$/ },
  { words: 'get configmap notes -o yaml', says: /^data:\n {2}a: b$/m },
  { words: 'label configmap notes tier=one', says: /^configmap\/notes labeled$/ },
  { words: 'get configmaps -l tier=one -o name', says: /^configmap\/notes$/ },
  { words: 'apply -f -', stdin: MIRRORED, says: /denied the request: .*mirror/, exit: 1 },
  { words: 'get nonsense', says: /doesn't have a resource type "nonsense"/, exit: 1 },
  { words: 'get pods nobody', says: /\(NotFound\): pods "nobody" not found/, exit: 1 },
  { words: 'delete deployment helloworld-v1', says: /^deployment\.apps "helloworld-v1" deleted/ },
  { words: 'wait --for=delete pod -l app=helloworld --timeout=60s', says: /condition met$/ },
  // kubectl itself warns that a namespace is in no namespace.
  { words: 'delete namespace try', says: /^namespace "try" deleted$/m },
  { words: 'get namespace try', says: /\(NotFound\): namespaces "try" not found/, exit: 1 },
];

/** Undefined if it said what it had to and ended as it had to; else what it did. */
async function differs(
  options: readonly string[],
  { words, says, stdin, exit = 0 }: Row,
): Promise<string | undefined> {
  const ended = await run('kubectl', [...options, ...words.split(' ')], {
    allowFailure: true,
    timeoutMs: COMMAND_MS,
    ...(stdin === undefined ? {} : { stdin }),
  });
  const said = `${ended.stdout}${ended.stderr}`.trim();
  return ended.exitCode === exit && says.test(said) ? undefined : `exit ${String(ended.exitCode)}: ${said}`;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function tryAll(directory: string): Promise<number> {
  const spec = {
    clusters: [{ name: 'cluster1', network: 'network1' }],
    directory,
    discovery: true,
    timeScale: 1,
    defects: [],
  };
  const world = startWorldProcess(spec, new AbortController().signal);
  const [cluster] = await world.clusters;
  await world.ready;
  const options = [
    '--kubeconfig',
    cluster?.kubeconfig ?? '',
    '--cache-dir',
    join(directory, 'cache'),
    '-n',
    'try',
  ];
  let failed = 0;
  for (const row of ROWS) {
    const began = performance.now();
    const different = await differs(options, row);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(
      `${different === undefined ? '✔' : '✖'} ${seconds.padStart(5)} s  kubectl ${row.words.replaceAll(APPS, 'fixtures/apps/')}`,
    );
    if (different === undefined) continue;
    failed += 1;
    say(`    expected  exit ${String(row.exit ?? 0)}: ${String(row.says)}\n    seen      ${different}`);
  }
  say(`${String(ROWS.length)} commands, ${String(failed)} not as they are with Kubernetes`);
  return failed;
}

if ((await which('kubectl')) === undefined) {
  say('skipped: there is no kubectl on PATH to try the embedded API server with');
} else {
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-on-embedded-'));
  try {
    process.exitCode = (await tryAll(directory)) === 0 ? 0 : 1;
  } finally {
    await endWorld(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}
