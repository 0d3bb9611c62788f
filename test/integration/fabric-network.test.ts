import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clusterFabricFiles,
  fabricDeploy,
  fabricDown,
  fabricReset,
  fabricStatus,
  fabricUp,
  fabricUpgrade,
  localPlacement,
  requireFabricState,
  type FabricStatus,
} from '../../network/fabric';
import { packageRoot } from '../../network/package-root';
import { tryCommand, waitUntil } from '../../network/processes';
import { loadTopology } from '../../network/topology';
import { changedChaincode } from './support/changed-chaincode';
import { shellBlocks } from './support/readme-blocks';

const profile = (name: string) => loadTopology(join(packageRoot(), 'network', 'profiles', `${name}.yaml`));
const topology = profile('three-clusters');
const BASE_PORT = 19_050;
const EVERYTHING = [
  'edge1-chaincode',
  'edge1-peer',
  'edge2-chaincode',
  'edge2-peer',
  'edge3-chaincode',
  'edge3-peer',
  'orderer',
];

jest.setTimeout(240_000);

describe('a Fabric network of three organisations', () => {
  let work: string;
  let stateFolder: string;
  const up = () => fabricUp({ topology, stateFolder, placement: localPlacement(topology, BASE_PORT) });
  const status = () => fabricStatus({ stateFolder });
  const bash = (script: string) =>
    tryCommand(['bash', '-euo', 'pipefail'], { input: script, cwd: work, timeoutMs: 120_000 });

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'blosm-network-'));
    stateFolder = join(work, '.blosm');
  });

  afterAll(async () => {
    await fabricReset({ stateFolder });
    rmSync(work, { recursive: true, force: true });
  });

  it('comes up from nothing, every part healthy', async () => {
    const { started } = await up();
    expect([...started].sort()).toEqual(EVERYTHING);
    const now = await status();
    expect(now.components.filter(({ healthy }) => !healthy)).toEqual([]);
    expect(now.chaincode?.sequence).toBe(1);
  });

  it('is left alone by a second up', async () => {
    const before = pids(await status());
    const { started } = await up();
    expect(started).toEqual([]);
    expect(pids(await status())).toEqual(before);
  });

  it('names the files that an agent needs', () => {
    const files = clusterFabricFiles(requireFabricState(stateFolder), 'edge2');
    expect(files.mspId).toBe('Edge2MSP');
    expect(Object.entries(files).filter(([name, path]) => name !== 'mspId' && !existsSync(String(path)))).toEqual([]);
  });

  it('answers every call of network/README.md', async () => {
    const blocks = shellBlocks(join(packageRoot(), 'network', 'README.md'), '## The chaincode by hand');
    expect(blocks.length).toBeGreaterThan(10);
    const outcome = await bash(blocks.map(({ script }, index) => `${script}\necho "== ${index}"\n`).join(''));
    expect(`${outcome.exitCode}\n${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0\n');
    const outputs = outcome.stdout.split(/^== \d+\n/m);
    for (const [index, { expected }] of blocks.entries()) {
      if (expected !== undefined) expect(lastJson(outputs[index] ?? '')).toMatchObject(expected as object);
    }
  });

  it('invalidates what one organisation alone endorsed', async () => {
    const outcome = await bash(`
      . .blosm/fabric/organizations/edge1/agent.sh
      alone=("\${TO_CHANNEL[@]:0:9}" --peerAddresses "$CORE_PEER_ADDRESS" --tlsRootCertFiles "$CORE_PEER_TLS_ROOTCERT_FILE" --waitForEvent)
      peer chaincode invoke "\${alone[@]}" -c '{"function":"ConfirmationContract:Confirm","Args":["{\\"metadataIds\\":[\\"move-2\\"]}"]}'
    `);
    expect(outcome.stderr).toContain('ENDORSEMENT_POLICY_FAILURE');
    expect(outcome.exitCode).not.toBe(0);
  });

  it('starts what a crash has taken away, and only that', async () => {
    const before = pids(await status());
    process.kill(before['edge2-peer']!, 'SIGKILL');
    await waitUntil(async () => pids(await status())['edge2-peer'] === null, {
      deadlineMs: 10_000,
      what: 'the peer to be seen as gone',
    });
    expect((await status()).healthy).toBe(false);
    const { started } = await up();
    expect(started).toEqual(['edge2-peer']);
    await waitUntil(async () => oneHeight(await status()), { deadlineMs: 30_000, what: 'the peer to catch up' });
  });

  it('upgrades to a changed chaincode at the next sequence, deploys none over another one', async () => {
    const unchanged = await fabricDeploy({ stateFolder });
    expect(unchanged).toMatchObject({ changed: false, deployment: { sequence: 1 } });
    expect(await fabricUpgrade({ stateFolder })).toMatchObject({ changed: false, deployment: { sequence: 1 } });
    const chaincodeFolder = changedChaincode(work);
    await expect(fabricDeploy({ stateFolder, chaincodeFolder })).rejects.toMatchObject({ code: 'BLOSM_E_CONFLICT' });
    const changed = await fabricUpgrade({ stateFolder, chaincodeFolder });
    expect(changed).toMatchObject({ changed: true, deployment: { sequence: 2 } });
    expect(await status()).toMatchObject({
      healthy: true,
      chaincode: { sequence: 2, label: changed.deployment.label },
    });
  });

  it('goes down without leaving a process, and comes up again with its ledger', async () => {
    const before = pids(await status());
    const everything = EVERYTHING.map((name) => name.replace('-chaincode', '-chaincode-b'));
    expect((await fabricDown({ stateFolder })).sort()).toEqual(everything);
    expect(Object.values(before).filter((pid) => existsSync(`/proc/${String(pid)}/exe`))).toEqual([]);
    expect(Object.values(pids(await status())).filter((pid) => pid !== null)).toEqual([]);
    await expect(fabricDeploy({ stateFolder })).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE' });
    expect((await up()).started).toHaveLength(EVERYTHING.length);
    const nodes = await bash(`
      . .blosm/fabric/organizations/edge3/agent.sh
      peer chaincode query "\${ON_CHANNEL[@]}" -c '{"function":"NodeContract:List","Args":[]}'
    `);
    // The third has left, at the end of the page.
    expect(lastJson(nodes.stdout)).toHaveLength(2);
  });

  it('refuses another topology in the same folder', async () => {
    const other = { topology: profile('one-cluster'), stateFolder };
    await expect(fabricUp(other)).rejects.toMatchObject({ code: 'BLOSM_E_CONFLICT' });
  });
});

describe('a network that cannot come up', () => {
  it('says which command failed, how its log ends and what to run next', async () => {
    const stateFolder = mkdtempSync(join(tmpdir(), 'blosm-network-'));
    const one = profile('one-cluster');
    const placement = localPlacement(one, BASE_PORT + 500);
    const occupant = createServer().listen(placement.clusters[0]!.ports.peer, '127.0.0.1');
    await once(occupant, 'listening');
    try {
      await expect(fabricUp({ topology: one, stateFolder, placement })).rejects.toMatchObject({
        code: 'BLOSM_E_COMMAND_FAILED',
        message: expect.stringMatching(/edge1-peer: .*peer node start: ended\n[^]*address already in use/) as string,
        hint: expect.stringMatching(/Run next: .*edge1-peer\.log/) as string,
      });
    } finally {
      occupant.close();
      await fabricReset({ stateFolder });
      rmSync(stateFolder, { recursive: true, force: true });
    }
  });

  it('refuses a chaincode that has not been built, and says how to build it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'blosm-network-'));
    const one = profile('one-cluster');
    const options = { topology: one, stateFolder: folder, placement: localPlacement(one, BASE_PORT + 600) };
    try {
      await expect(fabricUp({ ...options, chaincodeFolder: folder })).rejects.toMatchObject({
        code: 'BLOSM_E_PREREQUISITE',
        hint: expect.stringContaining('run build') as string,
      });
    } finally {
      await fabricReset({ stateFolder: folder });
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function pids({ components }: FabricStatus): Record<string, number | null> {
  return Object.fromEntries(components.map(({ name, pid }) => [name, pid]));
}

function oneHeight({ components }: FabricStatus): boolean {
  const heights = components.filter(({ kind }) => kind === 'peer').map(({ height }) => height);
  return heights[0] !== null && heights.every((height) => height === heights[0]);
}

function lastJson(output: string): unknown {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as unknown;
}
