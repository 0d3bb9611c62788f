import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { AnswerFacts, RequestFacts } from '../../ports/traffic';
import { forwardedFor, isProxyHeader } from './forwarded-for';
import type { DeviceExchange } from './device-exchange';
import { formatTokenCookie, setsToken, withoutTokens } from './cookies';
import {
  DEVICE_HEADER,
  formatPosition,
  FORWARDS_HEADER,
  forwardsOf,
  POSITION_HEADER,
  REASON_HEADER,
  TOKEN_HEADER,
  VERIFIED_HEADER,
  type ForwardReason,
} from './request-facts';

/** Header lines as Node takes and gives them: name, value, name, value... */
export type RawHeaders = string[];

export const SERVED_BY_HEADER = 'x-blosm-served-by';
export const INSTANCE_HEADER = 'x-blosm-instance';
export const CONNECT_TO_HEADER = 'x-blosm-connect-to';
/** `behind`: the cluster that answered has not seen the newest block since it started. */
export const LEDGER_HEADER = 'x-blosm-ledger';

const OURS = 'x-blosm-';

/** Of one connection only, whatever `Connection` names besides (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Never dropped because `Connection` names them: without its length a body would be read as the next request. */
const NEVER_NOMINATED = new Set(['content-length', 'host', 'cookie', 'set-cookie']);

/** What the header lines for a target are made from. */
export interface Passing extends Pick<DeviceExchange, 'request' | 'forwardedBy' | 'verifiedId' | 'spentHeader'> {
  readonly upgrade?: unknown;
}

/**
 * The header lines for the container: nothing of BloSM's, nothing of the device's connection.
 * @param host where the device named none
 */
export function headersForService(passing: Passing, host: string): RawHeaders {
  const { request, forwardedBy } = passing;
  const headers: RawHeaders = [];
  for (const { name, key, value } of endToEnd(request)) {
    if (isForUs(key, passing)) continue;
    const passed = key === 'cookie' ? withoutTokens(value) : value;
    if (key !== 'cookie' || passed !== '') headers.push(name, passed);
  }
  if (request.headers.host === undefined) headers.push('Host', host);
  if (forwardedBy === null) headers.push(...forwardedFor(request));
  return headers.concat('Via', `${request.httpVersion} blosm`, framing(request, passing.upgrade !== undefined));
}

/** The same for another agent, with what the device said to BloSM. */
export function headersForPeer(passing: Passing, facts: RequestFacts, reason: ForwardReason): RawHeaders {
  const headers = headersForService(passing, facts.serviceId);
  headers.push(REASON_HEADER, reason, FORWARDS_HEADER, String(forwardsOf(passing.request, facts.forwardedBy) + 1));
  if (facts.deviceId !== '') headers.push(DEVICE_HEADER, facts.deviceId);
  if (passing.verifiedId !== null) headers.push(VERIFIED_HEADER, 'true');
  if (facts.token !== '') headers.push(TOKEN_HEADER, facts.token);
  if (facts.position !== null) headers.push(POSITION_HEADER, formatPosition(facts.position));
  return headers;
}

/** Expect is answered by the gateway, which must know first whether the request is served at all. */
function isForUs(key: string, { forwardedBy, spentHeader }: Passing): boolean {
  if (key.startsWith(OURS) || key === 'expect' || key === spentHeader) return true;
  return forwardedBy === null && isProxyHeader(key);
}

/** The header lines of a container's answer; what it says in BloSM's name is dropped. */
export function headersFromService(answer: IncomingMessage): RawHeaders {
  const headers: RawHeaders = [];
  for (const { name, key, value } of endToEnd(answer)) {
    if (!isOurs(key, value)) headers.push(name, value);
  }
  return headers;
}

/** The header lines of another agent's answer: its own words of BloSM stand, ours fill in. */
export function headersFromPeer(answer: IncomingMessage): { headers: RawHeaders; said: Map<string, string> } {
  const headers: RawHeaders = [];
  const said = new Map<string, string>();
  for (const { name, key, value } of endToEnd(answer)) {
    if (key.startsWith(OURS)) said.set(key, value);
    else if (!isOurs(key, value)) headers.push(name, value);
  }
  return { headers, said };
}

/** What BloSM adds to an answer. */
export function answerHeaders(answer: AnswerFacts | null): Map<string, string> {
  const said = new Map<string, string>();
  if (answer === null) return said;
  said.set(SERVED_BY_HEADER, answer.servedBy);
  if (answer.instanceId !== '') said.set(INSTANCE_HEADER, answer.instanceId);
  if (answer.newToken !== null) said.set(TOKEN_HEADER, answer.newToken);
  if (answer.connectTo !== null) said.set(CONNECT_TO_HEADER, answer.connectTo);
  if (!answer.isFresh) said.set(LEDGER_HEADER, 'behind');
  return said;
}

/** The same as header lines; a new token goes to a device as a cookie too, to another agent never. */
export function sayToDevice(
  said: ReadonlyMap<string, string>,
  { serviceId, forwardedBy }: RequestFacts,
  request: IncomingMessage,
): RawHeaders {
  const headers = [...said].flat();
  const token = said.get(TOKEN_HEADER);
  if (token === undefined || forwardedBy !== null) return headers;
  return headers.concat('Set-Cookie', formatTokenCookie(serviceId, token, request.socket instanceof TLSSocket));
}

/** One header line; the key is its name in lower case. */
interface Line {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

function endToEnd(message: IncomingMessage): Line[] {
  const nominated = nominatedBy(message.headers.connection);
  const raw = message.rawHeaders;
  const lines: Line[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const key = name.toLowerCase();
    if (!HOP_BY_HOP.has(key) && !nominated.has(key)) lines.push({ name, key, value: raw[index + 1] ?? '' });
  }
  return lines;
}

/** What nearly every Connection says names no header line. */
const PLAIN_CONNECTION = /^(?:keep-alive|close|upgrade)?$/i;
const NOTHING: ReadonlySet<string> = new Set();

function nominatedBy(connection = ''): ReadonlySet<string> {
  if (PLAIN_CONNECTION.test(connection)) return NOTHING;
  const names = connection.split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !NEVER_NOMINATED.has(name)));
}

function isOurs(key: string, value: string): boolean {
  return key.startsWith(OURS) || (key === 'set-cookie' && setsToken(value));
}

/** Content-Length goes on as it is; everything else about the message's length is of this hop. */
function framing(request: IncomingMessage, upgrade: boolean): RawHeaders {
  if (upgrade) return ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
  if (request.headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const withContent = request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH';
  return withContent && request.headers['content-length'] === undefined ? ['Content-Length', '0'] : [];
}
