import type { IncomingMessage } from 'node:http';
import { positionOfDegrees } from '../../domain/geo';
import { VERIFIED_ID_PREFIX } from '../../ports/device-auth';
import type { RequestFacts } from '../../ports/traffic';
import { BlosmError, type Position } from '../../../chaincode/src/model';
import { tokenCookies } from './cookies';

/** Who handed the request on; null: it came from the device itself. */
export type ForwardedBy = string | null;

export type ForwardReason = 'owner' | 'request-migration';

export const DEVICE_HEADER = 'x-blosm-device';
export const TOKEN_HEADER = 'x-blosm-token';
export const POSITION_HEADER = 'x-blosm-position';
export const REASON_HEADER = 'x-blosm-forward-reason';

/** Between agents: `true` when the device has proven who it is; its id is then a hash. */
export const VERIFIED_HEADER = 'x-blosm-device-verified';

/** How often a request has been handed on, so that agents with different views cannot pass it round for ever. */
export const FORWARDS_HEADER = 'x-blosm-forwards';

const DEVICE_ID = /^[\x21-\x7e]{0,128}$/;
/** `host`, `host:port` or `[v6]:port`; empty is allowed (RFC 9112, 3.2). */
const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
const DEGREES = /^\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*$/;

/**
 * What the Router needs to know of a request, from its header lines alone.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT when a header line of BloSM's says nothing valid
 */
export function readFacts(
  request: IncomingMessage,
  serviceId: string,
  { forwardedBy, verifiedId }: { readonly forwardedBy: ForwardedBy; readonly verifiedId: string | null },
): RequestFacts {
  return {
    serviceId,
    method: request.method ?? 'GET',
    deviceId: verifiedId ?? readDeviceId(single(request, DEVICE_HEADER)),
    token: single(request, TOKEN_HEADER) ?? tokenCookies(request).get(serviceId) ?? '',
    position: readPosition(single(request, POSITION_HEADER)),
    forwardedBy,
    migrated: forwardedBy !== null && readReason(single(request, REASON_HEADER)) === 'request-migration',
  };
}

/**
 * What Node lets through and others would read differently: a request without a version, a host that is none.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT
 */
export function requireProper(request: IncomingMessage): void {
  if (request.httpVersionMajor !== 1) throw invalid('this is not HTTP/1.1');
  const coding = request.headers['transfer-encoding'] ?? 'chunked';
  if (coding.trim().toLowerCase() !== 'chunked') throw invalid('a body is sent as it is or chunked');
  if (!HOST.test(single(request, 'host') ?? '')) throw invalid('the Host header line names no host');
}

/** `latitude,longitude` in degrees (WGS 84). */
export function formatPosition(position: Position): string {
  return `${position.latE6 / 1e6},${position.lonE6 / 1e6}`;
}

/**
 * @param latitude degrees
 * @param longitude degrees
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT when there is no such place
 */
export function positionOf(latitude: number, longitude: number): Position {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw invalid('a position has a latitude from -90 to 90 and a longitude from -180 to 180 degrees');
  }
  return positionOfDegrees(latitude, longitude);
}

/** How often agents have handed the request on so far; what a device says of it does not count. */
export function forwardsOf(request: IncomingMessage, forwardedBy: ForwardedBy): number {
  if (forwardedBy === null) return 0;
  const count = Number(single(request, FORWARDS_HEADER));
  return Number.isInteger(count) && count >= 1 ? count : 1;
}

/**
 * The one value of a header line; undefined: there is none.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT when there are several
 */
export function single(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  if (value === undefined) return undefined;
  // Node joins or drops further ones; `headersDistinct` would tell, and costs more than reading all the rest.
  if (linesOf(request.rawHeaders, name) > 1) throw invalid(`more than one ${name} header line`);
  return String(value);
}

function linesOf(raw: readonly string[], name: string): number {
  let lines = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const given = raw[index] ?? '';
    if (given.length === name.length && given.toLowerCase() === name) lines += 1;
  }
  return lines;
}

function readDeviceId(text: string | undefined): string {
  if (text === undefined) return '';
  if (!DEVICE_ID.test(text)) throw invalid(`${DEVICE_HEADER} is not 1 to 128 visible ASCII characters`);
  // The hash can be computed by whoever knows issuer and subject: it would be taken for the device that proved them.
  if (text.startsWith(VERIFIED_ID_PREFIX)) throw invalid(`${DEVICE_HEADER} begins as only a proven id does`);
  return text;
}

function readPosition(text: string | undefined): Position | null {
  if (text === undefined) return null;
  const found = DEGREES.exec(text);
  if (found === null) throw invalid(`${POSITION_HEADER} is not latitude,longitude in degrees`);
  return positionOf(Number(found[1]), Number(found[2]));
}

function readReason(text: string | undefined): ForwardReason {
  if (text === 'owner' || text === 'request-migration') return text;
  throw invalid(`${REASON_HEADER} is neither owner nor request-migration`);
}

function invalid(message: string): BlosmError {
  return new BlosmError('BLOSM_E_INVALID_ARGUMENT', message, { stage: 'gateway' });
}
