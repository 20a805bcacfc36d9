/** Label and field selectors, as the API's query parameters write them. */
import type { Resource } from '../types.ts';
import { badRequest } from './errors.ts';
import { valueAt } from './json.ts';

/** Whether an object is selected. */
export type Selector = (object: Resource) => boolean;

const KEY = String.raw`[\w./-]+`;
const EQUALITY = new RegExp(String.raw`^(${KEY})\s*(==?|!=)\s*([\w.:/-]*)$`);
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`);
const PRESENCE = new RegExp(`^(!?)\\s*(${KEY})$`);

type Labels = Readonly<Record<string, string>>;

/** Reads a label selector. Throws ApiError 400 where it cannot be parsed. */
export function labelSelector(text: string | null): Selector {
  // Commas within parentheses separate values, not requirements.
  const parts = (text ?? '').split(/,(?![^()]*\))/).map((part) => part.trim());
  const tests = parts.filter((part) => part !== '').map(requirement);
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

function requirement(text: string): (labels: Labels) => boolean {
  const [, key = '', operator = '', value] = EQUALITY.exec(text) ?? [];
  if (operator === '!=') return (labels) => labels[key] !== value;
  if (operator !== '') return (labels) => labels[key] === value;
  const [, setKey = '', membership = '', list = ''] = SET.exec(text) ?? [];
  const values = list.split(',').map((each) => each.trim());
  if (membership === 'in')
    return (labels) => setKey in labels && values.some((each) => each === labels[setKey]);
  if (membership === 'notin') return (labels) => values.every((each) => each !== labels[setKey]);
  const [, not = '', present] = PRESENCE.exec(text) ?? [];
  if (present === undefined) {
    throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
  }
  return (labels) => present in labels === (not === '');
}

/** Reads a field selector: `path=value` and `path!=value`. Throws ApiError 400 where it cannot be parsed. */
export function fieldSelector(text: string | null): Selector {
  const parts = (text ?? '').split(',').filter((part) => part !== '');
  const tests = parts.map((part) => {
    const [, path = '', operator = '', value = ''] = /^([\w.]+)(==?|!=)(.*)$/.exec(part) ?? [];
    if (path === '') throw badRequest(`invalid field selector: ${JSON.stringify(part)}`);
    return (object: Resource) => {
      const seen = valueAt(object, path.split('.'));
      const same = (typeof seen === 'string' || typeof seen === 'number' ? String(seen) : '') === value;
      return same === (operator !== '!=');
    };
  });
  return (object) => tests.every((test) => test(object));
}
