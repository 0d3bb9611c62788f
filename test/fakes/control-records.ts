import type {
  ClusterView,
  EventView,
  DrainView,
  InstanceView,
  LedgerBlockView,
  LedgerTransactionView,
  LedgerVerificationView,
  LogLineView,
  MigrationDetailView,
  MigrationExplanationView,
  MigrationOutcomeView,
  MigrationPlanView,
  MigrationView,
  RouteView,
  PlacementView,
  ServiceView,
  StatusView,
  TimelineView,
} from '../../agent/ports/control';

export const START_MS = 1_790_000_000_000;
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const resources = { memoryBytes: 1_073_741_824, cpuMillis: 2000, gpuMillis: 0, diskBytes: 21_474_836_480 };

export const aCluster = (index: number): ClusterView => ({
  v: 2,
  type: 'node',
  nodeId: `Edge${index}MSP`,
  name: `edge${index}`,
  sourceIp: `10.88.1.${index}`,
  agentUrl: `https://10.88.1.${index}:8443`,
  gatewayUrl: `http://10.88.1.${index}:8080`,
  site: { latE6: -37_813_600, lonE6: 144_963_100 + index * 6800 },
  coverageRadiusMeters: 400,
  agentCertificateSha256: digest('c'),
  registeredAtMs: START_MS,
  updatedAtMs: START_MS,
  state: 'ACTIVE',
  cordoned: false,
  revision: 1,
  isSelf: index === 1,
});

/** A drain that has one instance to go and one on its way. */
export const aDrain = (changes: Partial<DrainView> = {}): DrainView => ({
  draining: true,
  cordoned: true,
  sinceMs: START_MS,
  isDone: false,
  moved: 1,
  instances: [
    {
      ...{ instanceId: 'ins-1', serviceId: 'counter', step: 'moving', migrationId: 'mig-1' },
      ...{ to: 'edge2', reason: 'waits for confirmations of edge3' },
    },
    {
      ...{ instanceId: 'ins-2', serviceId: 'counter', step: 'waiting', migrationId: null },
      ...{ to: null, reason: 'waits for its turn' },
    },
  ],
  ...changes,
});

/** An instance that goes to edge2. */
export const aPlacement = (changes: Partial<PlacementView> = {}): PlacementView => ({
  instanceId: 'ins-1',
  serviceId: 'counter',
  ownerName: 'edge1',
  positionFrom: 'device',
  positionAgeMs: 2000,
  decision: 'goes to edge2, once the device has been out for long enough',
  places: [2, 1, 3].map((number) => ({
    nodeId: `Edge${number}MSP`,
    name: `edge${number}`,
    isOwner: number === 1,
    state: 'ACTIVE',
    cordoned: false,
    distanceMeters: number * 100.4,
    covers: number === 2,
    eligible: number === 2,
    reasons: number === 2 ? [] : [number === 1 ? 'it runs here' : 'the device is outside its coverage'],
    lastEvaluation: number === 3 ? { verdict: false, reasons: ['no memory'], atMs: START_MS } : null,
  })),
  ...changes,
});

export const aService = (serviceId: string): ServiceView => ({
  v: 1,
  type: 'service',
  serviceId,
  applicationType: serviceId,
  image: {
    repository: `blosm/${serviceId}`,
    manifestDigest: digest('a'),
    configDigest: digest('b'),
    sizeBytes: 52_428_800,
  },
  specSha256: digest('d'),
  state: 'none',
  tenancy: 'device',
  need: { ...resources, memoryBytes: 268_435_456, cpuMillis: 500 },
  platform: { os: 'linux', architecture: 'amd64', variant: '' },
  gpuRuntime: '',
  l4tRelease: '',
  idleSeconds: 0,
  registeredBy: 'Edge1MSP',
  registeredAtMs: START_MS,
  registeredByName: 'edge1',
});

export const anInstance = (instanceId: string): InstanceView => ({
  v: 2,
  type: 'instance',
  instanceId,
  serviceId: 'image-recognition',
  ownerNodeId: 'Edge1MSP',
  ownerName: 'edge1',
  epoch: 1,
  configDigest: digest('b'),
  specSha256: digest('d'),
  openMigrationId: null,
  recoveredFrom: null,
  createdAtMs: START_MS,
  updatedAtMs: START_MS,
  container: { containerId: 'f'.repeat(64), state: 'running' },
});

export const aMigration = (migrationId: string, changes: Partial<MigrationView> = {}): MigrationView => ({
  v: 2,
  type: 'migration',
  migrationId,
  instanceId: 'ins-1',
  serviceId: 'image-recognition',
  sourceNodeId: 'Edge1MSP',
  sourceName: 'edge1',
  epoch: 1,
  strategy: 'registry',
  trigger: 'operator',
  requestedDestination: null,
  state: 'PROPOSED',
  deadlineMs: START_MS + 600_000,
  proposedAtMs: START_MS + 1000,
  destinationNodeId: null,
  destinationName: null,
  configDigest: null,
  specSha256: digest('d'),
  handedOverAtMs: null,
  completedAtMs: null,
  abort: null,
  superseded: null,
  waitsFor: 'confirmations of edge3',
  ...changes,
});

export const aMigrationDetail = (migration: MigrationView): MigrationDetailView => ({
  ...migration,
  metadata: null,
  confirmations: [1, 2].map((i) => ({
    v: 1,
    type: 'confirmation',
    metadataId: migration.migrationId,
    nodeId: `Edge${i}MSP`,
    nodeName: `edge${i}`,
    confirmedAtMs: START_MS + 1100,
  })),
  evaluations: [
    {
      v: 1,
      type: 'evaluation',
      metadataId: migration.migrationId,
      nodeId: 'Edge3MSP',
      nodeName: 'edge3',
      sourceIp: '10.88.1.3',
      policy: 'strict',
      checks: { size: true, cpu: true, gpu: true, applicationType: false },
      verdict: false,
      reasons: ['does not run image-recognition'],
      offerExpiresAtMs: null,
      evaluatedAtMs: START_MS + 1200,
    },
  ],
  prepares: [],
});

export const anOutcome = (migration: MigrationView, says: string): MigrationOutcomeView => ({
  ...migration,
  runsAt: 'edge1',
  says: `${migration.migrationId} ${says}: image-recognition stays at edge1`,
});

export const anExplanation = (migration: MigrationView): MigrationExplanationView => ({
  ...migration,
  runsAt: 'edge1',
  says: `${migration.migrationId} is under way: until its hand-over image-recognition belongs to edge1`,
  does: 'push failed: the registry does not answer',
  sinceMs: START_MS - 60_000,
  untilMs: START_MS + 2000,
  lastError: {
    stage: 'push',
    code: 'BLOSM_E_REGISTRY',
    message: 'the registry does not answer',
    atMs: START_MS - 1000,
  },
  next: null,
  advice: [`to keep the service at edge1: blosm migration cancel ${migration.migrationId}`],
});

export const aPlan = (instanceId: string): MigrationPlanView => ({
  instanceId,
  strategy: 'registry',
  destinations: [
    { nodeId: 'Edge2MSP', name: 'edge2', eligible: true, distanceMeters: 212.4, reasons: [] },
    { nodeId: 'Edge3MSP', name: 'edge3', eligible: false, distanceMeters: null, reasons: ['does not run counter'] },
  ],
  steps: ['propose on the ledger', 'stop the container', 'push the image'],
  notes: [],
  bytesToMove: 1_572_864,
});

export const aTimeline = (migrationId: string): TimelineView => ({
  migrationId,
  phases: [
    { name: 'decide', node: 'edge1', startMs: START_MS, endMs: START_MS + 200, detail: '' },
    { name: 'commit', node: 'edge1', startMs: START_MS + 200, endMs: START_MS + 1200, detail: '' },
    { name: 'push', node: 'edge1', startMs: START_MS + 1200, endMs: START_MS + 2500, detail: '1.5 MiB sent' },
    { name: 'start', node: 'edge2', startMs: START_MS + 2500, endMs: null, detail: '' },
  ],
  records: [
    { transactionId: 'e'.repeat(64), what: 'Propose', node: 'edge1', atMs: START_MS + 20 },
    { what: 'Evaluate', node: 'edge2', atMs: START_MS + 60 },
  ],
  outageMs: 2300,
});

export const aTransaction = (transactionId: string): LedgerTransactionView => ({
  transactionId,
  blockNumber: 12,
  validationCode: 'VALID',
  timestampMs: START_MS,
  creatorMspId: 'Edge1MSP',
  functionName: 'MigrationContract:Propose',
  args: ['{"migrationId":"mig-1"}'],
  endorserMspIds: ['Edge1MSP', 'Edge2MSP'],
  sizeBytes: 4711,
});

export const aStatus = (): StatusView => ({
  nodeId: 'Edge1MSP',
  name: 'edge1',
  version: '0.1.0',
  startedAtMs: START_MS - 3_600_000,
  nowMs: START_MS,
  ready: true,
  dependencies: [
    { name: 'ledger', state: 'ok', detail: 'height 42', sinceMs: START_MS - 60_000 },
    { name: 'engine', state: 'down', detail: 'no answer on /var/run/docker.sock', sinceMs: START_MS - 5000 },
  ],
  ledgerHeight: 42,
  nodes: 3,
  capacity: { total: resources, remaining: { ...resources, cpuMillis: 500 } },
  instancesOwned: 1,
  openMigrations: [aMigration('mig-1')],
  lastError: { code: 'BLOSM_E_ENGINE_UNREACHABLE', message: 'no answer', atMs: START_MS - 4000 },
});

export const aBlock = (number: number): LedgerBlockView => ({
  number,
  headerSha256: 'a'.repeat(64),
  previousSha256: number === 0 ? '' : 'b'.repeat(64),
  dataSha256: 'c'.repeat(64),
  signers: [{ mspId: 'OrdererMSP', subject: 'CN=orderer', isValid: true }],
  lastConfigNumber: 3,
  sizeBytes: 5000,
  transactions: [
    {
      transactionId: 'e'.repeat(64),
      type: 'ENDORSER_TRANSACTION',
      validationCode: 'VALID',
      timestampMs: START_MS,
      creatorMspId: 'Edge1MSP',
      functionName: 'MigrationContract:Propose',
      eventName: 'MigrationProposed',
    },
  ],
});

export const aVerification = (changes: Partial<LedgerVerificationView> = {}): LedgerVerificationView => ({
  from: 0,
  to: 41,
  blocks: 42,
  transactions: 50,
  configBlocks: 4,
  firstSha256: 'b'.repeat(64),
  lastSha256: 'a'.repeat(64),
  signers: [{ mspId: 'OrdererMSP', subject: 'CN=orderer', publicKeySha256: 'f'.repeat(64), blocks: 41 }],
  fault: null,
  ...changes,
});

export const aRoute = (instanceId: string, changes: Partial<RouteView> = {}): RouteView => ({
  ...{ instanceId, serviceId: 'image-recognition', mode: 'served', target: '172.17.0.2:80', reason: '' },
  ...{ inFlight: 2, held: 1 },
  ...changes,
});

export const aLogLine = (changes: Partial<LogLineView> = {}): LogLineView => ({
  atMs: START_MS,
  level: 'warn',
  message: 'step failed',
  fields: { node: 'Edge1MSP', instanceId: 'ins-1', migrationId: 'mig-1', code: 'BLOSM_E_TIMEOUT', error: 'no answer' },
  ...changes,
});

export const anEvent = (changes: Partial<EventView> = {}): EventView => ({
  ...{ atMs: START_MS, source: 'ledger', name: 'MigrationProposed', nodeId: 'Edge1MSP', nodeName: 'edge1' },
  ...{ serviceId: 'image-recognition', instanceId: 'ins-1', migrationId: 'mig-1', transactionId: 'e'.repeat(64) },
  ...{ blockNumber: 42, detail: '' },
  ...changes,
});
