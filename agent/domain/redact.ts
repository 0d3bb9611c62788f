/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Names of what holds a secret, wherever in the name it stands. */
const SECRET_NAME = /passw|secret|token|credential|authorization|cookie|api[-_]?key|private[-_]?key[-_]?pem/i;
/** A file's name, a hash or a flag is none, whatever it is of. */
const HARMLESS_NAME = /(file|sha256|hash)$/i;

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const LOGIN = /\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/gi;
const USER_OF_URL = /(:\/\/)[^/\s@"']+@/g;
/** `name: value`, `name=value`, `"name":"value"`; the value to its closing quote, or to the next space or comma. */
const ASSIGNMENT = /([A-Za-z0-9_.-]+)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;}"'&]+)/g;

/** Shorter ones would take ordinary words out of the text. */
const LEAST_LENGTH = 4;

const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);

/**
 * A text without what is known to be secret, and without what looks so: private keys, logins, values of telling names.
 * @param secrets values that must not be in it, wherever they stand
 */
export function redactText(text: string, secrets: readonly string[] = []): string {
  const known = secrets.filter((secret) => secret.length >= LEAST_LENGTH);
  return known
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
    .replace(PRIVATE_KEY, REDACTED)
    .replace(LOGIN, `$1 ${REDACTED}`)
    .replace(USER_OF_URL, `$1${REDACTED}@`)
    .replace(ASSIGNMENT, (whole: string, name: string, between: string) =>
      isSecretName(name) ? `${name}${between}${REDACTED}` : whole,
    );
}

/** The same of a JSON value: what a telling name holds goes as a whole, and of a container's environment every value. */
export function redactValue(value: unknown, secrets: readonly string[] = []): unknown {
  if (typeof value === 'string') return redactText(value, secrets);
  if (Array.isArray(value)) return value.map((each) => redactValue(each, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, redactHeld(name, held, secrets)]));
}

function redactHeld(name: string, held: unknown, secrets: readonly string[]): unknown {
  if (name === 'env') return redactEnvironment(held);
  // Whether something is secret may be told.
  return isSecretName(name) && typeof held !== 'boolean' ? REDACTED : redactValue(held, secrets);
}

/** The names stay: they tell what a service was given. */
function redactEnvironment(env: unknown): unknown {
  if (!Array.isArray(env)) return REDACTED;
  return env.map((variable: unknown) =>
    typeof variable === 'object' && variable !== null && 'name' in variable
      ? { name: variable.name, value: REDACTED }
      : REDACTED,
  );
}
