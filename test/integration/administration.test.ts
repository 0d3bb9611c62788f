import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fabricReset, fabricStatus, fabricUp, localPlacement, requireFabricState } from '../../network/fabric';
import { writeNodeConfig } from '../../network/fabric/nodes/node-config';
import { packageRoot } from '../../network/package-root';
import { tryCommand, waitUntil } from '../../network/processes';
import { loadTopology } from '../../network/topology';
import { fabricVersion, hasGatewayService } from './support/fabric-version';
import { shellBlocks } from './support/readme-blocks';

jest.setTimeout(240_000);

const PAGE = join(packageRoot(), 'network/administration.md');
const README = join(packageRoot(), 'network/README.md');
/** The page's ports begin at 7050; those of the test, where nothing of a developer listens. */
const [PAGE_PORT, BASE_PORT] = [7050, 29_050];
const withPorts = (script: string): string =>
  script.replaceAll(/\b70[5-9]\d\b/g, (port) => String(BASE_PORT + Number(port) - PAGE_PORT));

/** Ports of the peer that the page's newcomer starts by hand. */
const NEWCOMER = { peer: BASE_PORT + 31, chaincode: BASE_PORT + 32, operations: BASE_PORT + 35 };

/** `openssl` signs in the high form of S every second time, and the consenter's whole certificate may be compared. */
const NEEDS_LATER = hasGatewayService(fabricVersion())
  ? undefined
  : `Fabric ${fabricVersion()} takes it by chance only`;

/**
 * Fabric 2.1 built by a present Go takes only every second authority of `cryptogen`: it writes a certificate whose S is high
 * anew, and does not know it again then. The test's newcomer makes its certificates until they are taken.
 */
const PATIENT_CRYPTOGEN = `
  isTaken() {
    local admin="$PWD/edge4/peerOrganizations/edge4.example.com/users/Admin@edge4.example.com/msp"
    ! grep -q sanitizeCert <(CORE_PEER_LOCALMSPID=Edge4MSP CORE_PEER_MSPCONFIGPATH="$admin" peer channel list 2>&1)
  }
  cryptogen() { until command cryptogen "$@" && isTaken; do rm -r edge4/peerOrganizations; done; }`;

let work: string;
let stateFolder: string;

/** The page's blocks below a heading, up to the next one of the same rank. */
function blocksOf(heading: string): readonly string[] {
  const all = shellBlocks(PAGE, heading).map(({ script }) => script);
  const next = HEADINGS[HEADINGS.indexOf(heading) + 1];
  return next === undefined ? all : all.slice(0, all.length - shellBlocks(PAGE, next).length);
}
const HEADINGS = [
  '## BatchTimeout',
  '## Back up and restore',
  '## Certificates',
  '## Members',
  '### By hand, on a network of your own',
  '## Upgrades',
];

/** Runs blocks in one bash, in which the page's functions are known; gives what they print. */
async function run(blocks: readonly string[]): Promise<string> {
  const [functions = ''] = blocksOf('## BatchTimeout');
  const [call = ''] = shellBlocks(README, '## The chaincode by hand').map(({ script }) => script);
  const script = [
    `blosm() { "${process.execPath}" "${join(packageRoot(), 'agent/bin/blosm.js')}" "$@"; }`,
    "trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT",
    ...(NEEDS_LATER === undefined ? [] : [PATIENT_CRYPTOGEN]),
    ...[call, functions, 'as edge1', ...blocks].map(withPorts),
  ].join('\n');
  const { exitCode, stdout, stderr } = await tryCommand(['bash', '-euo', 'pipefail', '-c', script], {
    cwd: work,
    timeoutMs: 180_000,
  });
  expect(`${exitCode}\n${exitCode === 0 ? '' : stderr}`).toBe('0\n');
  return stdout;
}

const lastLine = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';

/** The orderer takes an update in before it has written it. */
async function untilPrinted(expected: string, script: string): Promise<void> {
  const isPrinted = async () => lastLine(await run([script])) === expected;
  await waitUntil(isPrinted, { deadlineMs: 60_000, what: `"${script}" to print ${expected}` });
}

async function healthy() {
  const status = await fabricStatus({ stateFolder });
  const ill = status.components.filter((component) => !component.healthy);
  if (ill.length > 0) throw new Error(JSON.stringify(ill));
  const heights = status.components.flatMap(({ kind, height }) => (kind === 'peer' ? [height] : []));
  return new Set(heights).size === 1 && { peers: heights.length, height: heights[0] };
}
const settled = () => waitUntil(healthy, { deadlineMs: 60_000, what: 'every part to be healthy and level' });

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'blosm-administration-'));
  stateFolder = join(work, '.blosm');
  const topology = loadTopology(join(packageRoot(), 'network/profiles/three-clusters.yaml'));
  await fabricUp({ topology, stateFolder, placement: localPlacement(topology, BASE_PORT) });
});

afterAll(async () => {
  await fabricReset({ stateFolder });
  rmSync(work, { recursive: true, force: true });
});

describe('the page network/administration.md', () => {
  it('changes the BatchTimeout of the running channel', async () => {
    const read = "fetch_config; jq -r '.channel_group.groups.Orderer.values.BatchTimeout.value.timeout' before.json";
    expect(lastLine(await run([read]))).toBe('20ms');
    await run(blocksOf('## BatchTimeout').slice(1));
    await untilPrinted('100ms', read);
  });

  it('backs everything up, restores it, and gives a peer without a disk its ledger back', async () => {
    const before = await settled();
    await run(blocksOf('## Back up and restore'));
    expect(await settled()).toEqual(before);
    expect(existsSync(join(work, 'lost'))).toBe(false);
  });

  const certificates = NEEDS_LATER === undefined ? it : it.skip;
  certificates(`renews certificates${NEEDS_LATER === undefined ? '' : ` (skipped: ${NEEDS_LATER})`}`, async () => {
    const enddate = 'openssl x509 -enddate -noout -in .blosm/fabric/organizations/orderer/node/tls/server.crt';
    const before = await run([enddate]);
    const output = await run([...blocksOf('## Certificates'), enddate]);
    expect(lastLine(output)).not.toBe(lastLine(before));
    const query = `peer chaincode query "\${ON_CHANNEL[@]}" -c "$(call NodeContract:Get Edge1MSP)"`;
    expect(JSON.parse(lastLine(await run([query])))).toMatchObject({ nodeId: 'Edge1MSP', state: 'ACTIVE' });
    await settled();
  });

  it('adds a member and removes it with blosm', async () => {
    await run(blocksOf('## Members'));
    const { clusters, membership } = requireFabricState(stateFolder);
    expect(clusters.map(({ name }) => name)).toEqual(['edge1', 'edge2', 'edge3']);
    expect(membership.removed).toEqual([]);
    expect(await settled()).toMatchObject({ peers: 3 });
  });

  it('adds a member and removes it by hand', async () => {
    const blocks = blocksOf('### By hand, on a network of your own');
    const joins = blocks.findIndex((block) => block.includes('peer channel join'));
    const sequence = 'peer lifecycle chaincode querycommitted -C blosm -n blosm -O json | jq .sequence';
    const members = "fetch_config; jq -c '.channel_group.groups.Application.groups | keys' before.json";
    const before = Number(lastLine(await run([sequence])));
    const admitted = `until { ${members}; } > members.json && grep -q Edge4MSP members.json; do sleep 0.2; done`;
    await run([...blocks.slice(0, joins), admitted, startNewcomer(), ...blocks.slice(joins)]);
    expect(Number(lastLine(await run([sequence])))).toBe(before + 2);
    await untilPrinted('["Edge1MSP","Edge2MSP","Edge3MSP"]', members);
    await settled();
  });

  it('upgrades nothing where nothing has changed', async () => {
    const { deployment } = requireFabricState(stateFolder);
    await run(blocksOf('## Upgrades'));
    expect(requireFabricState(stateFolder).deployment).toEqual(deployment);
  });
});

/** What the page leaves to the newcomer: a peer with its certificates, on the port that the page names. */
function startNewcomer(): string {
  const { binaries } = requireFabricState(stateFolder);
  const folder = join(work, 'edge4-peer');
  const files = join(work, 'edge4/peerOrganizations/edge4.example.com/peers/peer0.edge4.example.com');
  const at = (port: number): string => `127.0.0.1:${port}`;
  writeNodeConfig(binaries, 'core.yaml', folder, {
    peer: {
      ...{ id: 'edge4-peer', localMspId: 'Edge4MSP', mspConfigPath: join(files, 'msp') },
      fileSystemPath: join(folder, 'data'),
      ...{ listenAddress: at(NEWCOMER.peer), address: at(NEWCOMER.peer) },
      ...{ chaincodeListenAddress: at(NEWCOMER.chaincode), chaincodeAddress: at(NEWCOMER.chaincode) },
      tls: {
        enabled: true,
        cert: { file: join(files, 'tls/server.crt') },
        key: { file: join(files, 'tls/server.key') },
        rootcert: { file: join(files, 'tls/ca.crt') },
      },
      gossip: {
        ...{ bootstrap: at(NEWCOMER.peer), externalEndpoint: at(NEWCOMER.peer) },
        ...{ useLeaderElection: false, orgLeader: true },
        // As the page says: an organisation of that name has approved the chaincode before, in the section above.
        pvtData: { pullRetryThreshold: '0s' },
      },
    },
    vm: { endpoint: '' },
    chaincode: { externalBuilders: [{ name: 'ccaas', path: join(packageRoot(), 'network/fabric/ccaas') }] },
    ledger: { snapshots: { rootDir: join(folder, 'data/snapshots') } },
    operations: { listenAddress: at(NEWCOMER.operations), tls: { enabled: false } },
  });
  return `
    # Without the variables of whoever called last, which would override its file.
    env -i FABRIC_CFG_PATH="${folder}" FABRIC_LOGGING_SPEC=warning "${binaries.binFolder}/peer" node start > "${folder}/log" 2>&1 &
    for _ in $(seq 300); do curl -sf http://${at(NEWCOMER.operations)}/healthz > /dev/null && break; sleep 0.1; done
  `;
}
