const YAML_SECRET = /^[ \t]*(?:-[ \t]+)?kind:[ \t]*["']?Secret["']?[ \t]*$/m;
const JSON_SECRET = /"kind\\{0,9}"\s*:\s*\\{0,9}"Secret\\{0,9}"/;
/** `"data": {…}` where the values are strings, which may hold braces; then, as a string in JSON. */
const JSON_DATA = /("(?:data|stringData)"\s*:\s*)\{(?:[^{}"]|"(?:\\.|[^"\\])*")*\}/g;
const QUOTED_DATA = /(\\"(?:data|stringData)\\{1,9}"\s*:\s*)\{[^{}]*\}/g;
const YAML_DATA = /^([ \t]*(?:-[ \t]+)?(?:data|stringData):)(.*)$/;

/**
 * Replaces the data of Kubernetes Secrets, in YAML and JSON, alone or in lists. In a document that holds a Secret the
 * data of everything goes: a list of mixed objects is not taken apart.
 */
export function redactSecretObjects(text: string, replacement: string): string {
  return text
    .split(/^(?=---[ \t]*$)/m)
    .map((document) => {
      const json = JSON_SECRET.test(document);
      const yaml = YAML_SECRET.test(document);
      const withoutJson = json ? replaceJson(document, replacement) : document;
      return yaml ? replaceYaml(withoutJson, replacement) : withoutJson;
    })
    .join('');
}

function replaceJson(document: string, replacement: string): string {
  return document.replace(JSON_DATA, `$1"${replacement}"`).replace(QUOTED_DATA, `$1"${replacement}"`);
}

/** The names of the keys go too: under a block scalar they could not be told from its lines. */
function replaceYaml(document: string, replacement: string): string {
  let depth: number | undefined;
  const lines: string[] = [];
  for (const line of document.split('\n')) {
    const indent = line.length - line.trimStart().length;
    if (depth !== undefined && (line.trim() === '' || indent > depth)) continue;
    const data = YAML_DATA.exec(line);
    // In a list the key may stand behind its dash, two columns further in.
    depth = data === null ? undefined : indent + (line.trimStart().startsWith('- ') ? 2 : 0);
    lines.push(data === null ? line : `${data[1] ?? ''} ${replacement}`);
  }
  return lines.join('\n');
}
