const SECRET_KEY = /(password|passphrase|secret|token|credential|apikey)s?$/i;
const CREDENTIALS_IN_URL = /^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i;

export const REDACTED = '(redacted)';

/**
 * A copy without secrets: the values of keys that are named like one (not the names of files that hold one), and user
 * and password in URLs.
 */
export function redacted(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => redacted(item, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, redacted(child, name)]));
  }
  if (value !== undefined && value !== null && SECRET_KEY.test(key)) return REDACTED;
  return typeof value === 'string' ? value.replace(CREDENTIALS_IN_URL, `$1${REDACTED}@`) : value;
}
