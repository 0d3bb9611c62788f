import type { IncomingMessage } from 'node:http';
import type { AnswerFacts, RequestFacts } from '../../ports/traffic';
import { formatTokenCookie, setsToken, withoutTokens } from './cookies';
import {
  DEVICE_HEADER,
  formatPosition,
  FORWARDS_HEADER,
  forwardsOf,
  POSITION_HEADER,
  REASON_HEADER,
  TOKEN_HEADER,
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

/** The header lines for the container: nothing of BloSM's, nothing of the device's connection. */
export function headersForService(request: IncomingMessage, upgrade: boolean, host: string): RawHeaders {
  const headers: RawHeaders = [];
  for (const [name, value] of endToEnd(request)) {
    const key = name.toLowerCase();
    // Expect is answered by the gateway, which must know first whether the request is served at all.
    if (key.startsWith(OURS) || key === 'expect') continue;
    const passed = key === 'cookie' ? withoutTokens(value) : value;
    if (key !== 'cookie' || passed !== '') headers.push(name, passed);
  }
  if (request.headers.host === undefined) headers.push('Host', host);
  return headers.concat('Via', `${request.httpVersion} blosm`, framing(request, upgrade));
}

/** The same for another agent, with what the device said to BloSM. */
export function headersForPeer(
  request: IncomingMessage,
  upgrade: boolean,
  facts: RequestFacts,
  reason: ForwardReason,
): RawHeaders {
  const headers = headersForService(request, upgrade, facts.serviceId);
  headers.push(REASON_HEADER, reason, FORWARDS_HEADER, String(forwardsOf(request, facts.forwardedBy) + 1));
  if (facts.deviceId !== '') headers.push(DEVICE_HEADER, facts.deviceId);
  if (facts.token !== '') headers.push(TOKEN_HEADER, facts.token);
  if (facts.position !== null) headers.push(POSITION_HEADER, formatPosition(facts.position));
  return headers;
}

/** The header lines of a container's answer; what it says in BloSM's name is dropped. */
export function headersFromService(answer: IncomingMessage): RawHeaders {
  const headers: RawHeaders = [];
  for (const [name, value] of endToEnd(answer)) {
    if (!isOurs(name, value)) headers.push(name, value);
  }
  return headers;
}

/** The header lines of another agent's answer: its own words of BloSM stand, ours fill in. */
export function headersFromPeer(answer: IncomingMessage): { headers: RawHeaders; said: Map<string, string> } {
  const headers: RawHeaders = [];
  const said = new Map<string, string>();
  for (const [name, value] of endToEnd(answer)) {
    if (name.toLowerCase().startsWith(OURS)) said.set(name.toLowerCase(), value);
    else if (!isOurs(name, value)) headers.push(name, value);
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
export function sayToDevice(said: ReadonlyMap<string, string>, facts: RequestFacts): RawHeaders {
  const headers = [...said].flat();
  const token = said.get(TOKEN_HEADER);
  if (token === undefined || facts.forwardedBy !== null) return headers;
  return headers.concat('Set-Cookie', formatTokenCookie(facts.serviceId, token));
}

function* endToEnd(message: IncomingMessage): Generator<[string, string]> {
  const nominated = new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const raw = message.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const key = name.toLowerCase();
    const dropped = HOP_BY_HOP.has(key) || (nominated.has(key) && !NEVER_NOMINATED.has(key));
    if (!dropped) yield [name, raw[index + 1] ?? ''];
  }
}

function isOurs(name: string, value: string): boolean {
  const key = name.toLowerCase();
  return key.startsWith(OURS) || (key === 'set-cookie' && setsToken(value));
}

/** Content-Length goes on as it is; everything else about the message's length is of this hop. */
function framing(request: IncomingMessage, upgrade: boolean): RawHeaders {
  if (upgrade) return ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
  if (request.headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const withContent = request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH';
  return withContent && request.headers['content-length'] === undefined ? ['Content-Length', '0'] : [];
}
