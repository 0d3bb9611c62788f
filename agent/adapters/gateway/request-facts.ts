import type { IncomingMessage } from 'node:http';
import { positionOfDegrees } from '../../domain/geo';
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

/** How often a request has been handed on, so that agents with different views cannot pass it round for ever. */
export const FORWARDS_HEADER = 'x-blosm-forwards';

const DEVICE_ID = /^[\x21-\x7e]{0,128}$/;
const DEGREES = /^\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*$/;

/**
 * What the Router needs to know of a request, from its header lines alone.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT when a header line of BloSM's says nothing valid
 */
export function readFacts(request: IncomingMessage, serviceId: string, forwardedBy: ForwardedBy): RequestFacts {
  if ((request.headersDistinct.host ?? []).length > 1) throw invalid('more than one Host header line');
  return {
    serviceId,
    method: request.method ?? 'GET',
    deviceId: readDeviceId(single(request, DEVICE_HEADER)),
    token: single(request, TOKEN_HEADER) ?? tokenCookies(request).get(serviceId) ?? '',
    position: readPosition(single(request, POSITION_HEADER)),
    forwardedBy,
    migrated: forwardedBy !== null && readReason(single(request, REASON_HEADER)) === 'request-migration',
  };
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

function single(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name] ?? [];
  if (values.length > 1) throw invalid(`more than one ${name} header line`);
  return values[0];
}

function readDeviceId(text: string | undefined): string {
  if (text === undefined) return '';
  if (!DEVICE_ID.test(text)) throw invalid(`${DEVICE_HEADER} is not 1 to 128 visible ASCII characters`);
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
