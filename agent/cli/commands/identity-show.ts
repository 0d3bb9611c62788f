import { hasCode } from '../../../chaincode/src/model/errors';
import { findIdentity } from '../../config/identity/identity-source';
import { factsOf, readCertificate } from '../../config/identity/read-identity';
import { loadConfig } from '../../config/load';
import { judgeIdentity } from '../../domain/identity';
import { ClusterView, listOf } from '../../ports/control';
import { connectAgent } from '../api-client';
import { configRequest } from '../config-request';
import type { Cli } from '../io';
import { print } from '../output/print';
import { identityFields, identityText } from '../views/identity';

/** Whether the ledger has this certificate as the cluster's agent; null: nobody could be asked. */
type Registered = boolean | null;

/** `blosm identity show` */
export async function identityShow(cli: Cli): Promise<undefined> {
  const { io } = cli;
  const { config } = loadConfig(configRequest(cli));
  const { certificate, privateKey } = config.ledger;
  const { certificatePem } = await findIdentity({ certificate, key: privateKey });
  const facts = factsOf(readCertificate(certificatePem, certificate));
  const { faults, warnings } = judgeIdentity(facts, io.nowMs(), true);
  const registered = await askWhetherRegistered(cli, config.cluster.mspId, facts.sha256);
  const fields = {
    ...identityFields(
      config.cluster.mspId,
      facts,
      { certificate, privateKey },
      { warnings: [...faults, ...warnings], nowMs: io.nowMs() },
    ),
    registered,
  };
  await print(cli, {
    kind: 'Identity',
    fields,
    names: () => [fields.sha256],
    text: () => identityText(fields, [['registered', REGISTERED[String(registered) as keyof typeof REGISTERED]]]),
  });
}

const REGISTERED = {
  true: 'yes: the ledger has it as the agent of this cluster',
  false: 'no: register it with blosm cluster register',
  null: 'unknown: no agent answers',
} as const;

async function askWhetherRegistered(cli: Cli, mspId: string, sha256: string): Promise<Registered> {
  try {
    const client = await connectAgent(cli);
    const { items } = await client.get('/v1/clusters', listOf(ClusterView));
    const self = items.find(({ nodeId }) => nodeId === mspId);
    return self?.agentCertificateSha256 === `sha256:${sha256}`;
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_AGENT_UNREACHABLE', 'BLOSM_E_LEDGER_UNREACHABLE', 'BLOSM_E_TIMEOUT')) return null;
    throw error;
  }
}
