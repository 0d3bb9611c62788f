import { BlosmError, canonicalJson } from '../model';

/** True when both are the same canonical JSON. */
export function sameContent(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/**
 * A retry of what is stored already changes nothing; anything else under the same id is refused.
 * @throws BlosmError BLOSM_E_CONFLICT
 */
export function requireSame(what: string, stored: unknown, asked: unknown): void {
  if (!sameContent(stored, asked)) throw new BlosmError('BLOSM_E_CONFLICT', `${what} exists with other content`);
}
