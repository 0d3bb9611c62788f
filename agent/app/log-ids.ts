import { parseToken } from '../domain/token';
import type { RequestFacts } from '../ports/traffic';
import { sha256Of } from './hashing';

const HASH_PREFIX = 'sha256:'.length;
/** Of 64 digits: enough to tell devices apart in a log. */
const HASH_DIGITS = 16;

/** What a log line calls a device: never its id, which says who it is. The same device has the same one everywhere. */
export const deviceHash = (deviceId: string): string =>
  sha256Of(deviceId).slice(HASH_PREFIX, HASH_PREFIX + HASH_DIGITS);

/** The ids of a request for a log line; of its token the instance alone. */
export function requestIds({ serviceId, deviceId, token }: RequestFacts): Readonly<Record<string, string>> {
  const instanceId = parseToken(token)?.instanceId;
  return {
    serviceId,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(deviceId === '' ? {} : { deviceHash: deviceHash(deviceId) }),
  };
}
