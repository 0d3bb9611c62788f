import type { IncomingMessage } from 'node:http';

const TOKEN_COOKIE = 'blosm_token_';

/** The tokens that a device sends as cookies, by service. */
export function tokenCookies(request: IncomingMessage): Map<string, string> {
  const tokens = new Map<string, string>();
  for (const [name, value] of pairs(request.headers.cookie ?? '')) {
    // The first one counts: browsers send the most specific path first (RFC 6265, 5.4).
    const serviceId = name.slice(TOKEN_COOKIE.length);
    if (name.startsWith(TOKEN_COOKIE) && !tokens.has(serviceId)) tokens.set(serviceId, value);
  }
  return tokens;
}

/** The cookies that are the service's own; empty: none. */
export function withoutTokens(header: string): string {
  return header
    .split(';')
    .filter((part) => part.trim() !== '' && !part.trimStart().startsWith(TOKEN_COOKIE))
    .map((part) => part.trim())
    .join('; ');
}

/**
 * A Set-Cookie value for the token; scripts of a page cannot read it, other sites cannot use it.
 * @param secure true: the device came by TLS and sends it by TLS only
 */
export function formatTokenCookie(serviceId: string, token: string, secure: boolean): string {
  return `${TOKEN_COOKIE}${serviceId}=${token}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** True for a Set-Cookie value by which a service would set a token. */
export function setsToken(setCookie: string): boolean {
  return setCookie.trimStart().startsWith(TOKEN_COOKIE);
}

function* pairs(header: string): Generator<[string, string]> {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) yield [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
  }
}
