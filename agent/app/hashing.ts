import { hash, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../chaincode/src/model';

/** `sha256:` and the hexadecimal digest of the text's UTF-8 bytes. */
export function sha256Of(text: string): string {
  return `sha256:${hash('sha256', text, 'hex')}`;
}

/** The digest of a value's canonical JSON. */
export const digestOf = (value: unknown): string => sha256Of(canonicalJson(value));

/** Compares in constant time. */
export function digestsEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
