import { readFileSync } from 'node:fs';
import { request, type ClientRequest, type RequestOptions } from 'node:http';
import type { PeerCertificate } from 'node:tls';
import { BlosmError } from '../../chaincode/src/model/errors';
import type { AgentAddress, AgentTls } from './agent-address';

/** Begins a request; whoever calls it listens to its events at once. */
type BeginRequest = (options: RequestOptions) => ClientRequest;

/**
 * The way to the agent, whatever its address asks for.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT for a file of --agent-cert, --agent-key or --agent-ca that cannot be read
 */
export async function wayTo(address: AgentAddress): Promise<BeginRequest> {
  if ('socketPath' in address || address.tls === undefined) {
    return (options) => request({ ...(address as object), ...options, agent: false });
  }
  const { host, port, tls } = address;
  const [{ request: httpsRequest }, { checkServerIdentity }] = await Promise.all([
    import('node:https'),
    import('node:tls'),
  ]);
  const ca = read('--agent-ca', tls.authority);
  const cert = read('--agent-cert', tls.certificate);
  const key = read('--agent-key', tls.privateKey);
  const secure = {
    ...{ host, port, cert, key, ca },
    // The agent's own certificate in place of its authority's is a pin: whatever name it is reached by, it is that one.
    allowPartialTrustChain: true,
    checkServerIdentity: (name: string, certificate: PeerCertificate) =>
      isPinned(ca, certificate) ? undefined : checkServerIdentity(name, certificate),
    minVersion: 'TLSv1.2',
    agent: false,
  } as const;
  return (options) => httpsRequest({ ...options, ...secure });
}

function read(option: string, file: AgentTls['authority']): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${option} ${file} cannot be read: ${String(cause)}`, {
      stage: 'usage',
      cause,
      hint: 'Name files in PEM that you may read.',
    });
  }
}

function isPinned(pem: string, certificate: PeerCertificate): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const shown = certificate.raw.toString('base64');
  return blocks.some((block) => block.replaceAll(/-----[A-Z ]+-----|\s/g, '') === shown);
}
