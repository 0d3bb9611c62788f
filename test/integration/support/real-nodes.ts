import type { Ledger } from '../../../agent/ports/ledger';
import type { MigrationProposal, ServiceState } from '../../../chaincode/src/model';
import type { ConnectChanges, TestNetwork } from '../../support/fabric-network';
import {
  digest,
  instanceCreation,
  nodeProfile,
  preparation,
  proposal,
  serviceRegistration,
  trueEvaluation,
} from '../../support/ledger-samples';

/** Registers the cluster's node; gives its agent's view of the channel. @param how both connect */
export async function registerNode(network: TestNetwork, cluster: string, how: ConnectChanges = {}): Promise<Ledger> {
  const admin = await network.connect(cluster, 'admin', how);
  const agentCertificatePem = await network.agentCertificatePem(cluster);
  await admin.submit('NodeContract:Register', [{ ...nodeProfile(cluster), agentCertificatePem }]);
  await admin.close();
  return network.connect(cluster, 'agent', how);
}

export async function registerService(owner: Ledger, state: ServiceState = 'none'): Promise<void> {
  await owner.submit('ServiceContract:Register', [serviceRegistration({ state })]);
}

/** An instance of the owner; ids of migrations follow from its own. */
export async function createInstance(owner: Ledger, instanceId: string): Promise<void> {
  await owner.submit('InstanceContract:Create', [instanceCreation({ instanceId })]);
}

/** `m-` and the instance's id. */
export const migrationIdOf = (instanceId: string): string => `m-${instanceId}`;

export const proposalOf = (instanceId: string, changes: Partial<MigrationProposal> = {}): MigrationProposal =>
  proposal(Date.now(), { instanceId, migrationId: migrationIdOf(instanceId), ...changes });

export const evaluationOf = (instanceId: string) =>
  trueEvaluation(Date.now(), { metadataId: migrationIdOf(instanceId) });

export const preparationOf = (instanceId: string) => preparation({ migrationId: migrationIdOf(instanceId) });

export const handOverOf = (instanceId: string, destinationNodeId: string) => ({
  migrationId: migrationIdOf(instanceId),
  epoch: 1,
  destinationNodeId,
  configDigest: digest('f'),
  specSha256: serviceRegistration().specSha256,
});

/** A migration of a new instance that has come so far that it can be handed over. */
export async function prepareMigration(owner: Ledger, destination: Ledger, instanceId: string): Promise<void> {
  await createInstance(owner, instanceId);
  await owner.submit('MigrationContract:Propose', [proposalOf(instanceId)]);
  await destination.submit('EvaluationContract:Submit', [evaluationOf(instanceId)]);
  await destination.submit('MigrationContract:Prepare', [preparationOf(instanceId)]);
}
