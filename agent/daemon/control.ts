import { readFile } from 'node:fs/promises';
import type { TcpControlOptions } from '../adapters/control';
import type { TlsIdentity } from '../adapters/tls';
import type { AgentConfig } from '../config/schema';
import { BlosmError } from '../../chaincode/src/model';

/**
 * How the control API is served over TCP; undefined: it is not.
 * @param identity what the agent shows where no other certificate is configured
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for files that cannot be read
 */
export async function tcpControl(
  { control }: Pick<AgentConfig, 'control'>,
  identity: TlsIdentity,
): Promise<TcpControlOptions | undefined> {
  const { listen, clientCa, allow, certificate, privateKey } = control;
  if (listen === undefined || clientCa === undefined) return undefined;
  const own =
    certificate === undefined || privateKey === undefined
      ? identity
      : {
          certificatePem: await read('control.certificate', certificate),
          privateKeyPem: await read('control.privateKey', privateKey),
        };
  return { listen, identity: own, clientCaPem: await read('control.clientCa', clientCa), allow };
}

async function read(key: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${key} ${file} cannot be read: ${String(cause)}`, {
      stage: 'config',
      cause,
      hint: 'Check the name and the rights of the file.',
    });
  }
}
