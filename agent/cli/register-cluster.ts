import { readFile } from 'node:fs/promises';
import { BlosmError, type NodeRecord } from '../../chaincode/src/model';
import type { AgentConfig } from '../config/schema';
import type { CallOptions } from '../ports/call';
import type { Log } from '../ports/log';

/** Files of the organisation's admin (OU=admin), PEM. */
export interface AdminFiles {
  readonly certificate: string;
  readonly key: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Writes a cluster's node record with its agent's certificate, as the organisation's admin. It speaks to the ledger
 * itself, because no agent can work before this. Registering the same again changes nothing.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for files that cannot be used, BLOSM_E_FORBIDDEN for another identity than
 *   the admin's, and the codes of the ledger port
 */
export async function registerCluster(
  config: AgentConfig,
  admin: AdminFiles,
  log: Log,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions = {},
): Promise<NodeRecord> {
  const [agentCertificatePem, certificatePem, privateKeyPem] = await Promise.all(
    [config.ledger.certificate, admin.certificate, admin.key].map(readPem),
  );
  const [{ profileOf }, { connectLedger }, { systemClock }] = await Promise.all([
    import('../daemon/settings.js'),
    import('../daemon/ledger.js'),
    import('../adapters/clock/index.js'),
  ]);
  const identity = { certificatePem: certificatePem ?? '', privateKeyPem: privateKeyPem ?? '' };
  // For one transaction nobody counts other peers' commits.
  const quiet = { ...config, confirmation: { source: 'records' } } as const;
  const ledger = await connectLedger(quiet, identity, { log, clock: systemClock });
  try {
    const registration = { ...profileOf(config), agentCertificatePem: agentCertificatePem ?? '' };
    const options = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
    const { result } = await ledger.submit('NodeContract:Register', [registration], options);
    return result;
  } finally {
    await ledger.close();
  }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot read ${file}: ${String(cause)}`, {
      stage: 'identity',
      cause,
      hint: 'Check the name and the rights of the file.',
    });
  }
}
