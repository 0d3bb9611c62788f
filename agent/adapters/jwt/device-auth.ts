import { createHash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { Clock } from '../../ports/clock';
import { VERIFIED_ID_PREFIX, type DeviceAuth, type DeviceIdentity } from '../../ports/device-auth';
import type { Log } from '../../ports/log';
import { KeySet, type KeyPlace } from './key-set';

export interface DeviceAuthOptions {
  readonly keys: KeyPlace;
  readonly issuer: string;
  readonly audience: string;
  readonly required: boolean;
  /** Which claim names the device. */
  readonly claim: string;
  /** Lower case. */
  readonly header: string;
  /** How far the issuer's clock may be off, in seconds. */
  readonly clockToleranceSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** How long keys are used before they are read again, and how long at least between two looks; 10 min, 30 s. */
  readonly refreshMs?: number;
  readonly cooldownMs?: number;
}

/** Public keys only: neither `none` nor a secret that would be shared with every cluster. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const BEARER = /^Bearer +([A-Za-z0-9._-]+) *$/i;
const MAX_SUBJECT = 255;

/** Verifies bearer tokens (RFC 7519) by the keys of their issuer. */
export function createDeviceAuth(options: DeviceAuthOptions): DeviceAuth {
  const { keys: place, clock, log, refreshMs = 600_000, cooldownMs = 30_000 } = options;
  const keys = new KeySet({ place, clock, log, refreshMs, cooldownMs });
  const identify = async (authorization: string | undefined): Promise<DeviceIdentity> => {
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (token === undefined) return options.required ? NO_TOKEN : { kind: 'anonymous' };
    const known = await keys.keys();
    if (known === undefined) return { kind: 'unavailable', reason: 'no key of the issuer of device tokens is known' };
    try {
      return identityOf(await verify(token, known, keys, options), options);
    } catch (fault) {
      return refused(reasonOf(fault));
    }
  };
  return { header: options.header, required: options.required, identify };
}

/** A key that is not known may be a new one: the issuer is asked once more. */
async function verify(
  token: string,
  known: JWTVerifyGetKey,
  keys: KeySet,
  options: DeviceAuthOptions,
): Promise<JWTPayload> {
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: ALGORITHMS,
    clockTolerance: options.clockToleranceSeconds,
    requiredClaims: ['exp'],
    currentDate: new Date(options.clock.nowMs()),
  };
  try {
    return (await jwtVerify(token, known, rules)).payload;
  } catch (fault) {
    if (!(fault instanceof errors.JWKSNoMatchingKey)) throw fault;
    const newer = await keys.newer();
    if (newer === undefined) throw fault;
    return (await jwtVerify(token, newer, rules)).payload;
  }
}

function identityOf(payload: JWTPayload, { claim, issuer }: DeviceAuthOptions): DeviceIdentity {
  const subject = payload[claim];
  if (typeof subject !== 'string' || subject === '' || subject.length > MAX_SUBJECT) {
    return refused(`the token names no device in the claim ${claim}`);
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url');
  return { kind: 'device', subject, deviceId: `${VERIFIED_ID_PREFIX}${hash}` };
}

/** In our words: what is not a fault of the token must not be told as one, and nothing of the token is repeated. */
function reasonOf(fault: unknown): string {
  if (fault instanceof errors.JWTExpired) return 'the token has expired';
  if (fault instanceof errors.JWTClaimValidationFailed) return `the claim ${fault.claim} of the token does not fit`;
  if (fault instanceof errors.JOSEAlgNotAllowed) return 'the token is signed by an algorithm that is not allowed';
  if (fault instanceof errors.JWKSNoMatchingKey) return 'the token is signed by a key that the issuer does not name';
  if (fault instanceof errors.JWSSignatureVerificationFailed) return 'the signature of the token is wrong';
  return 'the token cannot be read';
}

const NO_TOKEN: DeviceIdentity = {
  kind: 'refused',
  reason: 'devices have to show a token of their issuer',
  challenge: 'Bearer realm="blosm"',
};

function refused(reason: string): DeviceIdentity {
  return {
    kind: 'refused',
    reason,
    challenge: `Bearer realm="blosm", error="invalid_token", error_description="${reason}"`,
  };
}
