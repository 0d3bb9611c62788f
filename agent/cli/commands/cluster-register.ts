import { resolve } from 'node:path';
import { findIdentity } from '../../config/identity/identity-source';
import { factsOf, readCertificate } from '../../config/identity/read-identity';
import { loadConfig } from '../../config/load';
import type { AgentConfig } from '../../config/schema';
import type { IdentityFacts } from '../../domain/identity';
import { ClusterView } from '../../ports/control';
import { configRequest } from '../config-request';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { verboseLog, type Cli } from '../io';
import { print } from '../output/print';
import { registerCluster, type AdminFiles } from '../register-cluster';
import { clusterTable } from '../views/lists';
import type { Invocation } from './handler';

interface RegisterOptions extends DryRunOptions {
  readonly adminCertificate: string;
  readonly adminKey: string;
}

/** `blosm cluster register` */
export async function clusterRegister(cli: Cli, { options }: Invocation<RegisterOptions>): Promise<ExitCode> {
  const { io } = cli;
  const { config } = loadConfig(configRequest(cli));
  const admin = { certificate: resolve(io.cwd, options.adminCertificate), key: resolve(io.cwd, options.adminKey) };
  if (options.dryRun === true) return tellRegistration(cli, config, admin);
  const { timeout } = cli.options;
  const record = await registerCluster(config, admin, verboseLog(cli), {
    signal: io.signal,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  });
  const view = ClusterView.parse({ ...record, isSelf: true });
  await print(cli, { kind: 'Cluster', fields: view, text: () => clusterTable([view]) });
  return 0;
}

/** Looks at the files only: an agent that could say what the ledger has need not run yet. */
async function tellRegistration(cli: Cli, { cluster, ledger }: AgentConfig, admin: AdminFiles): Promise<ExitCode> {
  const { name, mspId, coverageRadiusMeters: radius } = cluster;
  const agent = await identityFacts(ledger.certificate, ledger.privateKey);
  const { units } = await identityFacts(admin.certificate, admin.key);
  return tellIntent(cli, {
    command: 'cluster register',
    steps: [
      `write ${name} (${mspId}) to channel ${ledger.channel}, covering ${radius} m around its site`,
      `name ${ledger.certificate} (${agent.subject}) as the certificate of its agent`,
    ],
    refusals: units.includes('admin') ? [] : [`${admin.certificate} is no admin's: it has no OU=admin`],
  });
}

/** @throws BlosmError BLOSM_E_CONFIG_INVALID for a pair that cannot be used */
async function identityFacts(certificate: string, key: string): Promise<IdentityFacts> {
  const { certificatePem } = await findIdentity({ certificate, key });
  return factsOf(readCertificate(certificatePem, certificate));
}
