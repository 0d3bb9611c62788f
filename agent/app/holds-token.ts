import type { InstanceRecord } from '../../chaincode/src/model';
import type { Token } from '../domain/token';
import { digestsEqual, sha256Of } from './hashing';

/** True when the token's secret is the instance's present one, or the one before it. */
export function holdsToken(instance: InstanceRecord, token: Token): boolean {
  const digest = sha256Of(token.secret);
  const previous = instance.previousTokenSha256;
  return digestsEqual(digest, instance.tokenSha256) || (previous !== null && digestsEqual(digest, previous));
}
