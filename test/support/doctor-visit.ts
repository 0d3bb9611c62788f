import { askOnce, type Answers, type Visit } from '../../agent/app/doctor';
import { AgentConfig } from '../../agent/config/schema';
import type { NodeEndpoint } from '../../agent/domain/doctor/channel-facts';
import type { CertificateFacts } from '../../agent/domain/doctor/tls-files';
import { PROTOCOL } from '../../agent/domain/protocol';
import { BlosmError, type NodeRecord } from '../../chaincode/src/model';
import type { ChannelInspection } from '../../agent/ports/inspection';
import type { EngineObservation } from '../../agent/ports/engine';
import { nodeProfile } from './ledger-samples';

const GIBI = 1024 ** 3;
export const VISIT_MS = 1_790_000_000_000;
const DAY_MS = 86_400_000;

export const doctorConfig = AgentConfig.parse({
  cluster: {
    ...{ name: 'edge1', mspId: 'Edge1MSP', sourceIp: '10.0.0.1', site: { latitude: -37.8, longitude: 144.9 } },
    ...{ coverageRadiusMeters: 400, applicationTypes: [] },
  },
  ledger: { connectionProfile: '/p.json', certificate: '/c.pem', privateKey: '/k.pem' },
  registry: { address: 'localhost:5000' },
  gateway: { listen: '127.0.0.1:8080' },
  peers: { listen: '127.0.0.1:8443' },
});

const resources = { memoryBytes: 8 * GIBI, cpuMillis: 4000, gpuMillis: 0, diskBytes: 100 * GIBI };
const engine: EngineObservation = {
  ...{ engineVersion: '27.5.1', imageStore: 'overlay2', runtimes: [], total: resources, free: resources },
  ...{ platform: { os: 'linux', architecture: 'amd64', variant: '' }, l4tRelease: '', gpuSource: 'none' },
};

const endpoint: NodeEndpoint = {
  ...{ name: 'peer0', role: 'peer', mspId: 'Edge1MSP', target: 'peer0:7051', source: 'profile', isOwnPeer: true },
  tls: { rootsPem: '', serverName: null },
};

const record: NodeRecord = {
  ...nodeProfile('edge1'),
  ...{
    v: 2,
    type: 'node',
    nodeId: 'Edge1MSP',
    agentCertificatePem: '',
    agentCertificateSha256: `sha256:${'a'.repeat(64)}`,
  },
  ...{ state: 'ACTIVE', cordoned: false, registeredAtMs: 1, updatedAtMs: 1, revision: 1 },
};

export const certificateFacts: CertificateFacts = {
  ...{ subject: 'CN=edge1', issuer: 'CN=ca', alternativeNames: ['DNS:edge1.example'] },
  ...{ isAuthority: false, isSelfIssued: false, validFromMs: 0, validToMs: VISIT_MS + 365 * DAY_MS },
};

/** What has to be changed to make something wrong. */
export interface VisitChanges {
  readonly channel?: Partial<ChannelInspection>;
  readonly answers?: Partial<Answers>;
  readonly visit?: Partial<Visit>;
}

/** A visit to a cluster on which everything is in order, but for the changes. */
export function doctorVisit(functions: readonly string[], { channel, answers, visit }: VisitChanges = {}): Visit {
  const inspection: ChannelInspection = {
    height: () => Promise.resolve(7),
    orderedHeight: () => Promise.resolve(7),
    features: () => Promise.resolve({ hasGateway: true, isRelease3: false }),
    configuration: () =>
      Promise.resolve({ batchTimeoutMs: 100, mspIds: ['Edge1MSP'], endorsement: 'MAJORITY', ownAuthoritiesPem: [] }),
    definition: () =>
      Promise.resolve({ version: '1', sequence: 1, rule: { kind: 'organizations', needed: 1, mspIds: ['Edge1MSP'] } }),
    functions: () => Promise.resolve(functions),
    registered: () => Promise.resolve([record]),
    leases: () =>
      Promise.resolve([{ v: 1, type: 'lease', nodeId: 'Edge1MSP', renewedAtMs: 0, expiresAtMs: VISIT_MS + 90_000 }]),
    nodes: () => Promise.resolve({ endpoints: [endpoint], undiscovered: '' }),
    clock: () => Promise.resolve({ kind: 'near' }),
    close: () => Promise.resolve(),
    ...channel,
  };
  const facts = {
    ...{ subject: 'CN=agent', issuer: 'CN=CA', units: ['client'], alternativeNames: [], restrictedTo: [] },
    ...{ isAuthority: false, curve: 'prime256v1', validFromMs: 0, validToMs: VISIT_MS + 365 * DAY_MS },
    sha256: 'a'.repeat(64),
  };
  return {
    ...{ version: '0.1.0', call: {}, configFindings: [], nowMs: () => VISIT_MS },
    machine: {
      nodeVersion: '20.20.2',
      state: (directory) => Promise.resolve({ directory, mode: 0o700, canWrite: true, holder: null }),
      journal: () => Promise.resolve(null),
      listen: () => Promise.resolve({ isFree: true }),
      socket: () => Promise.resolve({ canUse: true, group: 'docker', isOpenToAll: false }),
      tlsPair: ({ certificate, privateKey }) =>
        Promise.resolve({
          certificate: { kind: 'read', file: certificate, certificates: [certificateFacts] },
          privateKey: { kind: 'read', file: privateKey, belongsTo: 0 },
          isForHost: true,
        }),
      certificates: (file) =>
        Promise.resolve({ kind: 'read', file, certificates: [{ ...certificateFacts, isAuthority: true }] }),
      sandbox: () => Promise.resolve({ missing: [], features: [{ name: 'veth', why: '' }] }),
    },
    ...{ config: doctorConfig, profile: nodeProfile('edge1'), declared: {} },
    answers: askOnce({
      identity: () => Promise.resolve({ file: '/c.pem', facts, isPair: true, nowMs: VISIT_MS, certificatePem: '' }),
      channel: () => Promise.resolve(inspection),
      ownAgent: () => Promise.resolve({ agent: null, why: 'none' }),
      height: () => inspection.height(),
      configuration: () => inspection.configuration(),
      definition: () => inspection.definition(),
      registered: () => inspection.registered(),
      leases: () => inspection.leases(),
      nodes: () => inspection.nodes(),
      engine: () => Promise.resolve(engine),
      ...answers,
    }),
    tls: () =>
      Promise.resolve({
        expected: 'peer0',
        look: {
          ...{ distrust: undefined, issuer: 'CN=tlsca', alternativeNames: ['DNS:peer0'], fits: true },
          validToMs: VISIT_MS + 365 * DAY_MS,
        },
      }),
    registry: () => Promise.resolve({ status: 200, isTls: true }),
    agents: () => Promise.resolve({ kind: 'answers', release: '0.1.0', protocol: PROTOCOL }),
    ...visit,
  };
}

export const unreachable = (message: string): Promise<never> =>
  Promise.reject(new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', message));

/** Another cluster's record. */
export const neighbour = (nodeId: string): NodeRecord => ({ ...record, ...nodeProfile('edge2'), nodeId });
