import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

const nodeGlobals = Object.fromEntries(
  ['process', 'console', 'URL', 'Buffer', 'fetch', 'setTimeout', 'clearTimeout', 'setInterval'].map(
    (name) => [name, 'readonly'],
  ),
);

/** The pipeline. A stage imports only stages before it, and the leaves. */
const stages = ['topology', 'provider', 'cluster', 'mesh', 'deploy', 'traffic', 'verdict', 'report'];
const leaves = ['wait', 'command', 'options', 'state'];
/** The embedded mesh: the harness knows it only through its provider, and it knows nothing of the harness. */
const world = 'embedded';

/** Types that are data every stage may speak of, whatever its place; and the package's own description. */
const shared = ['(\\.\\./)?package\\.json$', 'verdict/types\\.ts$', 'cluster/types\\.ts$'];

/** Folders that may import what the order forbids. Each entry needs its reason beside it. */
const exceptions = {
  // Clusters that exist already are asked, before anything is made, who they are and what they allow: through the client.
  'provider/kubeconfig': ['cluster'],
  // What it starts, and the form in which it speaks to it.
  'provider/embedded': [world],
};

/** Packages that only these folders know. */
const owners = {
  '@kubernetes/client-node': ['cluster'],
  undici: ['cluster', 'traffic'],
  execa: ['command'],
};

/** What a folder of harness/, such as `provider` or `provider/kind`, may import, at each depth of files below it. */
function boundaries(folder, allowed) {
  const own = folder.split('/').length;
  return [0, 1, 2, 3].map((below) => ({
    files: [`harness/${folder}/${'*/'.repeat(below)}*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: foreignPackages(folder),
          patterns: [outside(folder, allowed, own + below), ...onlyZod(folder)],
        },
      ],
    },
  }));
}

/** A path that climbs out of a stage's folder leads to another stage, to a leaf, or to what stands above all. */
function outside(folder, allowed, depth) {
  const stage = folder.split('/')[0];
  const targets = [...[stage, ...allowed].map((name) => `${name}/`), ...shared].join('|');
  const message = `harness/${folder} may import only ${allowed.join(', ') || 'itself'}: see harness/README.md.`;
  return { regex: `^${'\\.\\./'.repeat(depth)}(?!${targets})`, message };
}

function foreignPackages(folder) {
  return Object.entries(owners)
    .filter(([, folders]) => !folders.includes(folder.split('/')[0]))
    .map(([name, folders]) => ({
      name,
      message: `Only harness/${folders.join(' and harness/')} imports ${name}.`,
    }));
}

/** Verdicts are pure: nothing there can be a clock, a file or a cluster. */
function onlyZod(folder) {
  if (folder !== 'verdict') return [];
  return [{ regex: '^(?!\\.|zod$)', message: 'harness/verdict imports nothing but zod and itself.' }];
}

const allowedIn = (stage) =>
  stage === 'verdict' ? [] : [...stages.slice(0, stages.indexOf(stage)), ...leaves];
const pipeline = [
  ...stages.flatMap((stage) => boundaries(stage, allowedIn(stage))),
  ...leaves.flatMap((leaf) => boundaries(leaf, leaves)),
  ...boundaries(world, ['wait', 'command']),
  ...Object.entries(exceptions).flatMap(([folder, more]) =>
    boundaries(folder, [...allowedIn(folder.split('/')[0]), ...more]),
  ),
  {
    files: ['harness/*.ts', 'harness/{play,run}/**/*.ts', 'suites/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: foreignPackages('') }] },
  },
];

export default defineConfig(
  { ignores: ['node_modules/', 'reports/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['harness/**/*.ts', 'suites/**/*.ts'],
    rules: {
      'max-params': ['error', 3],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'no-console': 'error',
    },
  },
  {
    // A group of tests is one function, and a claim about many cases is long.
    files: ['**/*.test.ts'],
    rules: { 'max-lines-per-function': 'off', 'max-params': 'off', 'max-lines': ['error', 500] },
  },
  {
    // Coefficients stand with all the digits that their source gives.
    files: ['harness/verdict/numerics/**/*.ts'],
    rules: { 'no-loss-of-precision': 'off' },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: nodeGlobals },
  },
  {
    // They run by themselves in a pod, out of a ConfigMap, where no package.json says that they are modules.
    files: ['fixtures/programs/**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
  },
  ...pipeline,
);
