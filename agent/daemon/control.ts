import { readFile } from 'node:fs/promises';
import type { TcpControlOptions } from '../adapters/control';
import { openIdentity, type FileIdentity } from '../adapters/identity';
import type { AgentConfig } from '../config/schema';
import { BlosmError } from '../../chaincode/src/model';
import type { Clock } from '../ports/clock';
import type { Log } from '../ports/log';

type RenewableIdentity = TcpControlOptions['identity'] & Pick<FileIdentity, 'onRenewal'>;

/** How the control API is served over TCP. */
export interface TcpControlSetup {
  readonly options: TcpControlOptions;
  /** What is shown; its renewals are to be passed on to the server. */
  readonly identity: RenewableIdentity;
  close(): Promise<void>;
}

const OWN_PAIR = { name: "the control API's certificate", keys: 'control.certificate and control.privateKey' };

/**
 * Undefined: it is not served over TCP.
 * @param identity what the agent shows where no other certificate is configured
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for files that cannot be read
 */
export async function tcpControl(
  { control }: Pick<AgentConfig, 'control'>,
  identity: RenewableIdentity,
  parts: { readonly log: Log; readonly clock: Clock },
): Promise<TcpControlSetup | undefined> {
  const { listen, clientCa, allow, certificate, privateKey } = control;
  if (listen === undefined || clientCa === undefined) return undefined;
  const clientCaPem = await read('control.clientCa', clientCa);
  const own =
    certificate === undefined || privateKey === undefined
      ? undefined
      : await openIdentity({ certificate, privateKey }, { ...parts, what: OWN_PAIR });
  const shown = own ?? identity;
  return {
    options: { listen, identity: shown, clientCaPem, allow },
    identity: shown,
    close: async () => own?.close(),
  };
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
