/** Claims of a JSON Web Token, as far as it makes them. @see https://www.rfc-editor.org/rfc/rfc7519 */
export interface TokenClaims {
  readonly sub?: string;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresMs?: number;
}

/** None where it is no such token: then only the server understands it. Never throws, and quotes nothing of it. */
export function claimsIn(token: string): TokenClaims {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const { sub, exp } = JSON.parse(payload) as { readonly sub?: string; readonly exp?: unknown };
    return {
      ...(sub === undefined ? {} : { sub }),
      ...(typeof exp === 'number' ? { expiresMs: exp * 1000 } : {}),
    };
  } catch {
    return {};
  }
}
