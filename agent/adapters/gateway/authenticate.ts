import type { IncomingMessage } from 'node:http';
import type { DeviceAuth } from '../../ports/device-auth';
import type { Incoming } from './device-exchange';
import { answerProblem, type Refusal } from './problem-answer';
import { DEVICE_HEADER, single, VERIFIED_HEADER } from './request-facts';

/** Who asks, as far as it was proven. */
export interface Caller {
  /** The hash under which a device is known that has proven who it is; null: it has not. */
  readonly verifiedId: string | null;
  /** The header line that has done its work here: it is for nobody else; null: none. */
  readonly spentHeader: string | null;
}

const ANYBODY: Caller = { verifiedId: null, spentHeader: null };

/**
 * Finds out who asks; answers and gives undefined when it has to be refused. Another agent has asked its device
 * itself: it hands on what it has found, never the token.
 */
export async function authenticate(incoming: Incoming, auth: DeviceAuth | undefined): Promise<Caller | undefined> {
  const refusal = await refusalOrCaller(incoming, auth);
  if (!('status' in refusal)) return refusal;
  // The body of a refused request is not wanted.
  answerProblem(incoming.response, { ...refusal, close: true });
  return undefined;
}

async function refusalOrCaller({ request, forwardedBy }: Incoming, auth?: DeviceAuth): Promise<Caller | Refusal> {
  const named = single(request, DEVICE_HEADER);
  if (forwardedBy === null) return auth === undefined ? ANYBODY : askDevice(request, named, auth);
  const isVerified = single(request, VERIFIED_HEADER) === 'true' && named !== undefined;
  if (isVerified) return { verifiedId: named, spentHeader: null };
  return auth?.required === true ? UNPROVEN : ANYBODY;
}

async function askDevice(
  request: IncomingMessage,
  named: string | undefined,
  auth: DeviceAuth,
): Promise<Caller | Refusal> {
  const identity = await auth.identify(single(request, auth.header));
  switch (identity.kind) {
    case 'anonymous':
      return ANYBODY;
    case 'device':
      if (named !== undefined && named !== identity.subject) return OTHER_DEVICE;
      return { verifiedId: identity.deviceId, spentHeader: auth.header };
    case 'refused':
      return { ...UNPROVEN, detail: identity.reason, headers: ['WWW-Authenticate', identity.challenge] };
    case 'unavailable':
      return { status: 503, code: 'BLOSM_E_UNAUTHENTICATED', detail: identity.reason, retryAfterSeconds: 5 };
  }
}

const UNPROVEN: Refusal = {
  status: 401,
  code: 'BLOSM_E_UNAUTHENTICATED',
  detail: 'the cluster that hands the request on has not asked the device who it is',
  headers: ['WWW-Authenticate', 'Bearer realm="blosm"'],
};

const OTHER_DEVICE: Refusal = {
  status: 403,
  code: 'BLOSM_E_FORBIDDEN',
  detail: `${DEVICE_HEADER} names another device than the token`,
};
