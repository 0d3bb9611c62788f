import type { ContainerObservation } from '../../agent/domain/container';
import type { InstanceFacts, MigrationFacts } from '../../agent/domain/facts';
import { noFacts } from '../../agent/domain/facts';
import type { LaneView, MigrationView, Trouble } from '../../agent/domain/lane-view';
import type { PickOrder } from '../../agent/domain/orders';
import type { CommitSighting } from '../../agent/domain/quorum';
import type {
  Confirmation,
  Evaluation,
  InstanceRecord,
  MigrationRecord,
  NodeRecord,
  PrepareRecord,
  ServiceRecord,
} from '../../chaincode/src/model';
import { CONFIG_DIGEST, digest, nodeProfile, serviceRegistration, SPEC_SHA256 } from './ledger-samples';
import { RUN_SPEC } from './run-spec';

/** Now, in the views of these tests. */
export const NOW_MS = 1_800_000_000_000;
export const ME = 'Edge1MSP';
export const OTHER = 'Edge2MSP';
export const FINAL_DIGEST = digest('f');

export const nodeRecord = (number: number, changes: Partial<NodeRecord> = {}): NodeRecord => ({
  ...nodeProfile(`edge${number}`),
  agentCertificatePem: '',
  v: 2,
  type: 'node',
  nodeId: `Edge${number}MSP`,
  agentCertificateSha256: digest(String(number)),
  registeredAtMs: NOW_MS,
  updatedAtMs: NOW_MS,
  state: 'ACTIVE',
  cordoned: false,
  revision: 1,
  ...changes,
});

export const serviceRecord = (changes: Partial<ServiceRecord> = {}): ServiceRecord => ({
  v: 1,
  type: 'service',
  registeredBy: ME,
  registeredAtMs: NOW_MS,
  ...serviceRegistration(),
  ...changes,
});

export const instanceRecord = (changes: Partial<InstanceRecord> = {}): InstanceRecord => ({
  v: 2,
  type: 'instance',
  instanceId: 'i-1',
  serviceId: 'counter',
  ownerNodeId: ME,
  epoch: 1,
  tokenSha256: digest('1'),
  previousTokenSha256: null,
  configDigest: CONFIG_DIGEST,
  specSha256: SPEC_SHA256,
  openMigrationId: null,
  recoveredFrom: null,
  createdAtMs: NOW_MS,
  updatedAtMs: NOW_MS,
  ...changes,
});

export const migrationRecord = (changes: Partial<MigrationRecord> = {}): MigrationRecord => ({
  v: 2,
  type: 'migration',
  migrationId: 'm-1',
  instanceId: 'i-1',
  serviceId: 'counter',
  sourceNodeId: ME,
  epoch: 1,
  strategy: 'registry',
  trigger: 'coverage-exit',
  requestedDestination: null,
  state: 'PROPOSED',
  deadlineMs: NOW_MS + 60_000,
  proposedAtMs: NOW_MS,
  destinationNodeId: null,
  configDigest: null,
  specSha256: SPEC_SHA256,
  handedOverAtMs: null,
  completedAtMs: null,
  abort: null,
  superseded: null,
  ...changes,
});

export const confirmationOf = (nodeId: string): Confirmation => ({
  v: 1,
  type: 'confirmation',
  metadataId: 'm-1',
  nodeId,
  confirmedAtMs: NOW_MS,
});

export const commitOf = (nodeId: string, validationCode = 'VALID'): CommitSighting => ({
  nodeId,
  peer: `peer0.${nodeId}`,
  validationCode,
  blockNumber: 7,
});

export const evaluationOf = (nodeId: string, changes: Partial<Evaluation> = {}): Evaluation => ({
  v: 1,
  type: 'evaluation',
  metadataId: 'm-1',
  nodeId,
  sourceIp: '10.88.1.1',
  policy: 'strict',
  checks: { size: true, cpu: true, gpu: true, applicationType: true },
  verdict: true,
  reasons: [],
  offerExpiresAtMs: NOW_MS + 30_000,
  evaluatedAtMs: NOW_MS,
  ...changes,
});

export const falseEvaluationOf = (nodeId: string, reason: string): Evaluation =>
  evaluationOf(nodeId, { verdict: false, reasons: [reason], offerExpiresAtMs: null });

export const prepareOf = (nodeId: string, changes: Partial<PrepareRecord> = {}): PrepareRecord => ({
  v: 1,
  type: 'prepare',
  migrationId: 'm-1',
  nodeId,
  configDigest: FINAL_DIGEST,
  specSha256: SPEC_SHA256,
  containerId: 'cd'.repeat(32),
  preparedAtMs: NOW_MS,
  ...changes,
});

export const containerOf = (changes: Partial<ContainerObservation> = {}): ContainerObservation => ({
  nodeId: ME,
  serviceId: 'counter',
  instanceId: 'i-1',
  migrationId: '',
  containerId: 'aa'.repeat(32),
  state: 'running',
  exitCode: 0,
  configDigest: CONFIG_DIGEST,
  host: '172.31.1.2',
  port: 8080,
  promised: serviceRegistration().need,
  createdAtMs: NOW_MS - 1000,
  ...changes,
});

export const orderOf = (changes: Partial<PickOrder> = {}): PickOrder => ({
  migrationId: 'm-1',
  instanceId: 'i-1',
  serviceId: 'counter',
  epoch: 1,
  strategy: 'registry',
  spec: RUN_SPEC,
  gpuRuntime: '',
  need: serviceRegistration().need,
  ...changes,
});

export const IMAGE = {
  migrationId: 'm-1',
  repository: 'blosm/instances/i-1',
  manifestDigest: digest('9'),
  configDigest: FINAL_DIGEST,
};

export const factsWith = (changes: Partial<MigrationFacts>, id = 'm-1'): MigrationFacts => ({
  ...noFacts(id),
  ...changes,
});

export const born = (...migrations: readonly MigrationFacts[]): InstanceFacts => ({
  expectedAtEpoch: 1,
  born: true,
  createdAtEpoch: 1,
  retirement: null,
  migrations,
});

export const migrationView = (
  changes: Partial<MigrationRecord> = {},
  parts: Partial<Omit<MigrationView, 'record'>> = {},
): MigrationView => ({
  record: migrationRecord(changes),
  confirmations: [],
  commits: [],
  evaluations: [],
  prepares: [],
  ...parts,
});

export const troubleWith = (changes: Partial<Trouble>): Trouble => ({
  step: 'start',
  code: 'BLOSM_E_ENGINE',
  message: 'BLOSM_E_ENGINE: it failed',
  retryable: true,
  attempts: 1,
  lastAtMs: NOW_MS - 60_000,
  ...changes,
});

/** An owner that serves: one healthy container, nothing to do. */
export const viewOf = (changes: Partial<LaneView> = {}): LaneView => ({
  nowMs: NOW_MS,
  me: ME,
  fresh: true,
  settings: { decisionMs: 20_000, confirmationSource: 'records', maxAttempts: 4 },
  instance: instanceRecord(),
  service: serviceRecord(),
  spec: RUN_SPEC,
  migration: null,
  nodes: [1, 2, 3].map((number) => nodeRecord(number)),
  position: nodeProfile().site,
  containers: [containerOf()],
  healthy: new Set([containerOf().containerId]),
  imagesHeld: new Set([CONFIG_DIGEST]),
  facts: born(),
  endedMigrations: new Set(),
  trouble: null,
  idleSinceMs: NOW_MS - 1000,
  shut: false,
  ...changes,
});
