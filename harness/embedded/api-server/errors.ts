/** What the API refuses, by the reasons of Kubernetes. */
import { ApiError } from '../types.ts';

const refusal =
  (code: number, reason: string) =>
  (message: string): ApiError =>
    new ApiError(code, reason, message);

export const badRequest = refusal(400, 'BadRequest');
export const unauthorized = refusal(401, 'Unauthorized');
export const forbidden = refusal(403, 'Forbidden');
export const notFound = refusal(404, 'NotFound');
export const methodNotAllowed = refusal(405, 'MethodNotAllowed');
export const alreadyExists = refusal(409, 'AlreadyExists');
export const conflict = refusal(409, 'Conflict');
export const expired = refusal(410, 'Expired');
export const tooLarge = refusal(413, 'RequestEntityTooLarge');
export const unsupportedMediaType = refusal(415, 'UnsupportedMediaType');
export const invalid = refusal(422, 'Invalid');

/** No path or kind of that name. */
export const noSuchResource = (): ApiError => notFound('the server could not find the requested resource');

/** The API's error object. */
export interface Status {
  readonly code: number;
  readonly [field: string]: unknown;
}

/** The Status that tells an error. What no part foresaw is a 500. */
export function statusOf(error: unknown): Status {
  const { code, reason } = error instanceof ApiError ? error : { code: 500, reason: 'InternalError' };
  const message = error instanceof Error ? error.message : 'unknown error';
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}
