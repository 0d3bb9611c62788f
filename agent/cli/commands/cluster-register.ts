import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import { loadConfig } from '../../config/load';
import type { AgentConfig } from '../../config/schema';
import type { Log } from '../../ports/log';
import type { Ledger } from '../../ports/ledger';
import { ClusterView } from '../../ports/control-views';
import type { Cli } from '../io';
import { print } from '../output/print';
import { clusterTable } from '../views/lists';
import type { Invocation } from './handler';

interface RegisterOptions {
  readonly adminCertificate: string;
  readonly adminKey: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** `blosm cluster register`: speaks to the ledger itself, because no agent may run before this. */
export async function clusterRegister(cli: Cli, { options }: Invocation<RegisterOptions>): Promise<undefined> {
  const { io } = cli;
  const { config } = loadConfig({ file: cli.options.config, env: io.env, cwd: io.cwd });
  const [agentCertificatePem, certificatePem, privateKeyPem] = await Promise.all([
    readPem(config.ledger.certificate),
    readPem(resolve(io.cwd, options.adminCertificate)),
    readPem(resolve(io.cwd, options.adminKey)),
  ]);
  const [{ profileOf }, ledger] = await Promise.all([
    import('../../daemon/settings.js'),
    connect(cli, config, { certificatePem, privateKeyPem }),
  ]);
  try {
    const { result } = await ledger.submit('NodeContract:Register', [{ ...profileOf(config), agentCertificatePem }], {
      signal: io.signal,
      timeoutMs: cli.options.timeout ?? DEFAULT_TIMEOUT_MS,
    });
    const view = ClusterView.parse({ ...result, isSelf: true });
    await print(cli, { kind: 'Cluster', fields: view, text: () => clusterTable([view]) });
  } finally {
    await ledger.close();
  }
}

async function connect(
  cli: Cli,
  { cluster, ledger }: AgentConfig,
  admin: { certificatePem: string; privateKeyPem: string },
): Promise<Ledger> {
  const [{ connectFabric }, { systemClock }] = await Promise.all([
    import('../../adapters/fabric/index.js'),
    import('../../adapters/clock/index.js'),
  ]);
  const { connectionProfile, channel, chaincode, asLocalhost } = ledger;
  const options = { connectionProfile, channel, chaincode, asLocalhost, mspId: cluster.mspId, ...admin };
  return connectFabric({ ...options, clock: systemClock, log: logOf(cli) });
}

/** The SDK's log is for --verbose only. */
function logOf(cli: Cli): Log {
  const write = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    if (cli.options.verbose === true) cli.io.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  };
  return { debug: () => undefined, info: write, warn: write, error: write };
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
