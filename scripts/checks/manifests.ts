import { readFile } from 'node:fs/promises';
import { parseAllDocuments, type Document } from 'yaml';
import { projectFiles } from './files.ts';
import { finding, type Check } from './types.ts';
import { parseTopology } from '../../harness/topology/parse.ts';

/** Files that hold a part of an object, for the reason given. */
const parts: readonly string[] = [
  // An element of the list of gateways in an IstioOperator; on one network there is none.
  'harness/mesh/istio/manifests/east-west-gateway.yaml',
];

/** Every YAML file of the harness, of the suites and fixtures is a topology or Kubernetes objects. */
export const manifests: Check = {
  name: 'manifests',
  run: async () => {
    const files = (await projectFiles()).filter((file) =>
      /^(harness|suites|fixtures)\/.*\.ya?ml$/.test(file),
    );
    const problems = await Promise.all(
      files.map(async (file) => yamlProblems(file, await readFile(file, 'utf8'))),
    );
    return finding(problems.flat(), `${files.length} files`);
  },
};

/** What is wrong with one file. Manifests are read as kubectl reads them: YAML 1.1, where `on` is a boolean. */
export function yamlProblems(file: string, text: string): readonly string[] {
  if (file.endsWith('/topology.yaml')) {
    const result = parseTopology(text, file);
    const mistakes = 'mistakes' in result ? result.mistakes : [];
    return mistakes.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  }
  const documents = parseAllDocuments(text, { version: '1.1', prettyErrors: true });
  if (!Array.isArray(documents) || documents.length === 0) return [`${file}: holds no object`];
  return documents.flatMap((document, index) =>
    documentProblems(document, `${file} (document ${index + 1})`),
  );
}

function documentProblems(document: Document, where: string): readonly string[] {
  if (document.errors.length > 0) return document.errors.map(({ message }) => `${where}: ${message}`);
  if (parts.some((part) => where.startsWith(part))) return [];
  return ['apiVersion', 'kind'].flatMap((field) => {
    const value: unknown = document.getIn([field]);
    return typeof value === 'string' && value !== '' ? [] : [`${where}: expected ${field}, a text`];
  });
}
