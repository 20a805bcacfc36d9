import { plain } from './text.ts';

/** An element of an XML document; text comes before the children. */
export interface Element {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly text?: string;
  readonly children?: readonly Element[];
}

/** Writes an XML 1.0 document. Characters that XML cannot hold are dropped, so that it is always well-formed. */
export function xmlDocument(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root, '')}`;
}

function render({ name, attributes = {}, text, children = [] }: Element, indent: string): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`,
  );
  const open = `${indent}<${name}${written.join('')}`;
  if (text === undefined && children.length === 0) return `${open}/>\n`;
  const inside = children.map((child) => render(child, `${indent}  `)).join('');
  const before = text === undefined ? '\n' : escapeText(text);
  return `${open}>${before}${inside}${children.length === 0 ? '' : indent}</${name}>\n`.replace('\n\n', '\n');
}

function escapeText(text: string): string {
  return allowed(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Line ends and tabs in attributes would be read as spaces. */
function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** What XML 1.0 has no way to hold: beside controls, halves of surrogate pairs and two non-characters. */
function allowed(text: string): string {
  return plain(text).replace(/[\p{Surrogate}\ufffe\uffff]/gu, '');
}
