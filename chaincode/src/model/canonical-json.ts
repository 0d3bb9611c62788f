/**
 * Canonical JSON: keys sorted by code unit, no spaces, safe integers and finite numbers only.
 * Endorsers must agree byte for byte, and hashes are taken over it (idea: RFC 8785, restricted to what we store).
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Writes a value as canonical JSON. Keys with the value `undefined` are left out, as JSON.stringify does.
 * @throws TypeError for anything that JSON cannot carry exactly (NaN, functions, integers beyond 2^53).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') return canonicalObject(value);
  throw new TypeError(`canonical JSON cannot carry a ${typeof value}`);
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('canonical JSON cannot carry a number that is not finite');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new TypeError('canonical JSON cannot carry an integer beyond 2^53 exactly');
  }
  return JSON.stringify(value);
}

function canonicalObject(value: object): string {
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
