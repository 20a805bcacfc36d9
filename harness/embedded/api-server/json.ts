/** Small tools for JSON whose shape is not known. */
import { isDeepStrictEqual } from 'node:util';

/** A JSON object. */
export type Json = Record<string, unknown>;

/** Whether it is an object and no array. */
export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object, or an empty one for anything else. */
export const asRecord = (value: unknown): Json => (isRecord(value) ? value : {});

/** The array, or an empty one for anything else. */
export const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** The string, or undefined for anything else. */
export const asString = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** The value at a path of field names, or undefined. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, field) => asRecord(inner)[field], object);
}

/** Equal in depth. */
export const equal = isDeepStrictEqual;
