import { z } from 'zod';
import { Id, Sha256 } from '../../chaincode/src/model';

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

/** What the owner knows of the present secret of an instance; the ledger holds only its hash. */
export const TokenRecord = z.strictObject({
  /** Whose facts these are: the hash that the ledger names, or will name once the migration is completed. */
  tokenSha256: Sha256,
  /** To be given to the device; null: another cluster made it, or the device has it. */
  secret: z.string().nullable(),
  /** When the device first used it, in milliseconds since 1970; null: not yet. */
  takenAtMs: z.number().nullable(),
  /** Decided once for each migration, so that a repeated Complete says the same; null: none was completed here. */
  completion: z.strictObject({ migrationId: Id, tokenSha256: Sha256.nullable() }).nullable(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** Which of the ledger's two hashes a token has. */
export type TokenMatch = 'present' | 'previous' | 'none';

export interface TokenQuestion {
  readonly match: TokenMatch;
  /** Whether the ledger names a previous hash: the present one was made by a migration. */
  readonly isRenewed: boolean;
  /** The owner's facts of the present hash; undefined: none, or another cluster owns the instance. */
  readonly record: TokenRecord | undefined;
  readonly nowMs: number;
  /** How long a request with the old token may be under way when the new one is first used, in milliseconds. */
  readonly graceMs: number;
}

export type TokenVerdict =
  | { readonly kind: 'unknown' }
  /** It was renewed, and its device has used the new one since. */
  | { readonly kind: 'retired' }
  | {
      readonly kind: 'holds';
      /** The secret that the device is to have from now on; null: it has it. */
      readonly offer: string | null;
      /** The new one is used for the first time: from now on the old one is no good any more. */
      readonly isFirstUse: boolean;
    };

/**
 * The old token holds until the first use of the new one (design, section 5); requests that carry it and left their
 * device before that still pass, or a migration would make them fail.
 */
export function judgeToken({ match, isRenewed, record, nowMs, graceMs }: TokenQuestion): TokenVerdict {
  const { takenAtMs, secret } = record ?? UNTOUCHED;
  switch (match) {
    case 'none':
      return { kind: 'unknown' };
    case 'present':
      return { kind: 'holds', offer: null, isFirstUse: isRenewed && takenAtMs === null };
    case 'previous':
      if (takenAtMs !== null && nowMs > takenAtMs + graceMs) return { kind: 'retired' };
      return { kind: 'holds', offer: secret, isFirstUse: false };
  }
}

const UNTOUCHED: Pick<TokenRecord, 'takenAtMs' | 'secret'> = { takenAtMs: null, secret: null };
