import { joinSignals } from '../../domain/join-signals';
import { isLocalRegistry, type RegistryLook } from '../../domain/doctor/registry';
import type { CallOptions } from '../../ports/call';
import { ask } from './get';
import type { RegistryOptions } from './layer-sizes';

const TIMEOUT_MS = 5_000;

/** What TLS says of a certificate that it does not believe. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_|ALTNAME_INVALID/;

/** Asks the registry as engines do: over TLS, then without where it has none. Never fails. */
export async function inspectRegistry(registry: RegistryOptions, call: CallOptions = {}): Promise<RegistryLook> {
  const deadline = AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS);
  const { signal, release } = joinSignals(deadline, ...(call.signal === undefined ? [] : [call.signal]));
  return look(registry, signal, deadline).finally(release);
}

async function look(registry: RegistryOptions, signal: AbortSignal, deadline: AbortSignal): Promise<RegistryLook> {
  try {
    return { status: await askWithLogin(`https://${registry.address}/v2/`, registry, signal), isTls: true };
  } catch (error) {
    const code = codeOf(error);
    if (UNTRUSTED.test(code)) return { failure: code, isUntrusted: true };
  }
  // A password goes nowhere without TLS but to this machine.
  const plain = isLocalRegistry(registry.address) ? registry : { address: registry.address };
  try {
    return { status: await askWithLogin(`http://${registry.address}/v2/`, plain, signal), isTls: false };
  } catch (error) {
    return { failure: deadline.aborted ? 'it took too long' : codeOf(error), isUntrusted: false };
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);

/** A registry may hand the login to a server of tokens (Bearer) or take it itself (Basic). */
async function askWithLogin(url: string, { auth }: RegistryOptions, signal: AbortSignal): Promise<number> {
  const basic = auth === undefined ? undefined : `Basic ${base64(`${auth.username}:${auth.password}`)}`;
  const first = await ask(url, authorized(basic), signal);
  const [, realm, service = ''] = /^Bearer realm="([^"]+)"(?:,service="([^"]*)")?/i.exec(first.challenge) ?? [];
  if (first.status !== 401 || realm === undefined) return first.status;
  const { protocol, host } = new URL(realm);
  const mayHear = protocol === 'https:' || isLocalRegistry(host);
  const question = `${realm}?service=${encodeURIComponent(service)}`;
  const token = await ask(question, mayHear ? authorized(basic) : {}, signal);
  if (token.status !== 200) return token.status;
  return (await ask(url, { authorization: `Bearer ${tokenIn(token.text)}` }, signal)).status;
}

const authorized = (basic: string | undefined): Record<string, string> =>
  basic === undefined ? {} : { authorization: basic };

function tokenIn(text: string): string {
  const answer: unknown = JSON.parse(text);
  const fields = typeof answer === 'object' && answer !== null ? { ...answer } : {};
  return String(
    ('token' in fields ? fields.token : undefined) ?? ('access_token' in fields ? fields.access_token : ''),
  );
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
