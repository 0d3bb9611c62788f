import {
  type ContainerFacts,
  type EvaluationSubmission,
  type InstanceCreation,
  type MigrationHandOver,
  type MigrationPreparation,
  type MigrationProposal,
  type NodeProfile,
  type NodeRegistration,
  type ServiceRegistration,
} from '../../chaincode/src/model';
import type { FakeChannel } from '../fakes/channel';
import type { FakeLedger } from '../fakes/ledger';
import { testIdentity } from './identity';

/** A digest that is easy to tell from others: one hexadecimal digit, 64 times. */
export const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

export const CONFIG_DIGEST = digest('c');
export const SPEC_SHA256 = digest('5');

export const nodeProfile = (name = 'edge1'): NodeProfile => ({
  name,
  sourceIp: '10.88.1.1',
  agentUrl: 'https://10.88.1.1:8443',
  gatewayUrl: 'http://10.88.1.1:8080',
  site: { latE6: -37_813_600, lonE6: 144_963_100 },
  coverageRadiusMeters: 400,
});

/** What the admin of the organisation registers: its agent's certificate. */
export async function nodeRegistration(mspId: string, profile = nodeProfile(nameOf(mspId))): Promise<NodeRegistration> {
  const { certificatePem } = await testIdentity(mspId, 'client', 'agent');
  return { ...profile, agentCertificatePem: certificatePem };
}

const nameOf = (mspId: string): string => mspId.replace(/MSP$/, '').toLowerCase();

/** Registers these nodes and gives their agents' views of the channel. */
export async function registerNodes(channel: FakeChannel, ...nodeIds: readonly string[]): Promise<FakeLedger[]> {
  const agents: FakeLedger[] = [];
  for (const nodeId of nodeIds) {
    const admin = await channel.admin(nodeId);
    await admin.submit('NodeContract:Register', [await nodeRegistration(nodeId)]);
    agents.push(await channel.agent(nodeId));
  }
  return agents;
}

export const containerFacts = (changes: Partial<ContainerFacts> = {}): ContainerFacts => ({
  sourceIp: '10.88.1.1',
  containerId: 'ab'.repeat(32),
  totalSizeBytes: 264_000_000,
  gpuMillis: 0,
  cpuMillis: 500,
  memoryBytes: 134_217_728,
  diskBytes: 300_000_000,
  applicationType: 'counter',
  platform: { os: 'linux', architecture: 'amd64', variant: '' },
  gpuRuntime: '',
  l4tRelease: '',
  ...changes,
});

export const serviceRegistration = (changes: Partial<ServiceRegistration> = {}): ServiceRegistration => ({
  serviceId: 'counter',
  applicationType: 'counter',
  image: {
    repository: 'blosm/counter',
    manifestDigest: digest('e'),
    configDigest: CONFIG_DIGEST,
    sizeBytes: 60_000_000,
  },
  specSha256: SPEC_SHA256,
  state: 'files',
  tenancy: 'device',
  need: { memoryBytes: 134_217_728, cpuMillis: 500, gpuMillis: 0, diskBytes: 300_000_000 },
  platform: { os: 'linux', architecture: 'amd64', variant: '' },
  gpuRuntime: '',
  l4tRelease: '',
  idleSeconds: 0,
  ...changes,
});

export const instanceCreation = (changes: Partial<InstanceCreation> = {}): InstanceCreation => ({
  instanceId: 'i-1',
  serviceId: 'counter',
  tokenSha256: digest('1'),
  ...changes,
});

export const proposal = (nowMs: number, changes: Partial<MigrationProposal> = {}): MigrationProposal => ({
  migrationId: 'm-1',
  instanceId: 'i-1',
  epoch: 1,
  strategy: 'registry',
  trigger: 'coverage-exit',
  requestedDestination: null,
  deadlineMs: nowMs + 300_000,
  container: containerFacts(),
  ...changes,
});

export const trueEvaluation = (nowMs: number, changes: Partial<EvaluationSubmission> = {}): EvaluationSubmission => ({
  metadataId: 'm-1',
  policy: 'strict',
  checks: { size: true, cpu: true, gpu: true, applicationType: true },
  verdict: true,
  reasons: [],
  offerExpiresAtMs: nowMs + 60_000,
  ...changes,
});

export const falseEvaluation = (changes: Partial<EvaluationSubmission> = {}): EvaluationSubmission => ({
  metadataId: 'm-1',
  policy: 'strict',
  checks: { size: true, cpu: false, gpu: true, applicationType: true },
  verdict: false,
  reasons: ['cpu: 500 of 300 thousandths of a core'],
  offerExpiresAtMs: null,
  ...changes,
});

export const preparation = (changes: Partial<MigrationPreparation> = {}): MigrationPreparation => ({
  migrationId: 'm-1',
  configDigest: digest('f'),
  specSha256: SPEC_SHA256,
  containerId: 'cd'.repeat(32),
  ...changes,
});

export const handOverOrder = (changes: Partial<MigrationHandOver> = {}): MigrationHandOver => ({
  migrationId: 'm-1',
  epoch: 1,
  destinationNodeId: 'Edge2MSP',
  configDigest: digest('f'),
  specSha256: SPEC_SHA256,
  ...changes,
});
