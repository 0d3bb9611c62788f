/** A device's token: `instanceId.secret`. Without it nobody reaches an instance or moves it. */
export interface Token {
  readonly instanceId: string;
  readonly secret: string;
}

const TOKEN = /^([a-z0-9][a-z0-9-]{0,62})\.([A-Za-z0-9_-]{16,128})$/;

/** Undefined when the text is no token. */
export function parseToken(text: string): Token | undefined {
  const found = TOKEN.exec(text);
  return found?.[1] === undefined || found[2] === undefined ? undefined : { instanceId: found[1], secret: found[2] };
}

export const formatToken = (token: Token): string => `${token.instanceId}.${token.secret}`;
