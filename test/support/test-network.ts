import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fabricReset, fabricUp, localPlacement, type FabricState, type Placement } from '../../network/fabric';
import { fabricLayout, ORDERER_ORGANIZATION } from '../../network/fabric/layout';
import { ensureOrganization } from '../../network/fabric/pki/organization-files';
import { Topology } from '../../network/topology';

/** Where the parts of the native network listen instead of test-network's 7050, 7051 and 9051. */
export interface TestNetworkPorts {
  readonly orderer: number;
  readonly peers: readonly [number, number];
}

/**
 * A native network that looks from outside like fabric-samples' test-network: organisations Org1MSP and Org2MSP, channel
 * mychannel, everything on localhost under names in its TLS certificates, and the same files in the same places.
 */
export interface NativeTestNetwork {
  readonly state: FabricState;
  /** As `fabric-samples/test-network`. */
  readonly folder: string;
  down(): Promise<void>;
}

const ORGANIZATIONS = [1, 2] as const;

export async function startTestNetwork(work: string, ports: TestNetworkPorts): Promise<NativeTestNetwork> {
  const stateFolder = join(work, 'native');
  const down = () => fabricReset({ stateFolder });
  const topology = testTopology();
  try {
    await makeIdentities(stateFolder);
    const { state } = await fabricUp({ topology, stateFolder, placement: placementOf(topology, ports) });
    const folder = join(work, 'fabric-samples/test-network');
    layOut(state, folder, ports);
    return { state, folder, down };
  } catch (error) {
    await down();
    throw error;
  }
}

function testTopology(): Topology {
  return Topology.parse({
    channel: 'mychannel',
    // Not the 2 s of test-network, only so that the test is done sooner.
    batchTimeoutMs: 500,
    endorsementFaults: 1,
    clusters: ORGANIZATIONS.map((number) => ({
      name: `org${number}`,
      mspId: `Org${number}MSP`,
      site: { latitude: 0, longitude: number },
      coverageRadiusMeters: 400,
      capacity: { memoryMiB: 512, cpuMillis: 1000, diskMiB: 1024 },
      applicationTypes: ['counter'],
    })),
  });
}

/** Made beforehand, because the nodes' TLS certificates carry the names that the page uses. */
async function makeIdentities(stateFolder: string): Promise<void> {
  const layout = fabricLayout(stateFolder);
  await ensureOrganization(layout.organization(ORDERER_ORGANIZATION), {
    organization: ORDERER_ORGANIZATION,
    nodeUnit: 'orderer',
    hosts: ['orderer.example.com'],
  });
  for (const number of ORGANIZATIONS) {
    const organization = { name: `org${number}`, mspId: `Org${number}MSP` };
    await ensureOrganization(layout.organization(organization), {
      organization,
      nodeUnit: 'peer',
      hosts: [`peer0.org${number}.example.com`],
    });
  }
}

function placementOf(topology: Topology, ports: TestNetworkPorts): Placement {
  const { orderer, clusters } = localPlacement(topology, ports.orderer);
  const address = 'localhost';
  return {
    orderer: { ...orderer, address },
    clusters: clusters.map((host, index) => ({
      ...{ ...host, address },
      ports: { ...host.ports, peer: ports.peers[index] ?? host.ports.peer },
    })),
  };
}

/** The files of test-network that its users name, and the binaries and configuration beside it. */
function layOut(state: FabricState, folder: string, ports: TestNetworkPorts): void {
  const layout = fabricLayout(state.folder);
  const organizations = join(folder, 'organizations');
  for (const [index, number] of ORGANIZATIONS.entries()) {
    const domain = `org${number}.example.com`;
    const home = join(organizations, 'peerOrganizations', domain);
    const files = layout.organization({ name: `org${number}`, mspId: `Org${number}MSP` });
    putUser(home, `User1@${domain}`, files.agent.msp);
    putUser(home, `Admin@${domain}`, files.admin.msp);
    putFile(files.tlsCaCertificate, join(home, 'tlsca', `tlsca.${domain}-cert.pem`));
    const profile = connectionProfile(number, ports.peers[index] ?? 0, readFileSync(files.tlsCaCertificate, 'utf8'));
    writeFileSync(join(home, `connection-org${number}.json`), JSON.stringify(profile, null, 4));
  }
  const ordererHome = join(organizations, 'ordererOrganizations/example.com');
  const orderer = layout.organization(ORDERER_ORGANIZATION);
  putUser(ordererHome, 'Admin@example.com', orderer.admin.msp);
  putFile(orderer.tlsCaCertificate, join(ordererHome, 'tlsca/tlsca.example.com-cert.pem'));
  rmSync(join(folder, '../bin'), { force: true });
  symlinkSync(state.binaries.binFolder, join(folder, '../bin'));
  cpSync(state.binaries.configFolder, join(folder, '../config'), { recursive: true });
}

/** As cryptogen names the parts of a user. */
function putUser(home: string, user: string, msp: string): void {
  const target = join(home, 'users', user, 'msp');
  cpSync(msp, target, { recursive: true });
  const [certificate = ''] = readdirSync(join(target, 'signcerts'));
  renameSync(join(target, 'signcerts', certificate), join(target, 'signcerts', `${user}-cert.pem`));
}

function putFile(source: string, target: string): void {
  mkdirSync(join(target, '..'), { recursive: true });
  cpSync(source, target);
}

function connectionProfile(number: number, port: number, tlsCaPem: string): object {
  const peer = `peer0.org${number}.example.com`;
  const ca = `ca.org${number}.example.com`;
  return {
    name: `test-network-org${number}`,
    version: '1.0.0',
    client: { organization: `Org${number}`, connection: { timeout: { peer: { endorser: '300' } } } },
    organizations: { [`Org${number}`]: { mspid: `Org${number}MSP`, peers: [peer], certificateAuthorities: [ca] } },
    peers: {
      [peer]: {
        url: `grpcs://localhost:${port}`,
        tlsCACerts: { pem: tlsCaPem },
        grpcOptions: { 'ssl-target-name-override': peer, hostnameOverride: peer },
      },
    },
    certificateAuthorities: { [ca]: { url: 'https://localhost:7054', caName: `ca-org${number}` } },
  };
}
