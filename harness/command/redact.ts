/**
 * Text without bearer tokens, JSON web tokens, passwords and private keys, for messages.
 * What goes into files is cleaned as a whole by `report/redact.ts`, which also knows manifests and their blocks.
 */
export function redact(text: string): string {
  return text
    .replace(
      /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
      '[private key]',
    )
    .replace(/\beyJ[\w-]{8,}(\.[\w-]+)*/g, '[token]')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]')
    .replace(
      /("?\b(?:token|password|client-key-data|clientKeyData)"?\s*[:=]\s*)("[^"]*"|[^\s,}]+)/gi,
      '$1[secret]',
    );
}
