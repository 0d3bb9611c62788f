import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  clusterFabricFiles,
  fabricAddOrganization,
  fabricRemoveOrganization,
  fabricStatus,
  fabricUpgrade,
  requireFabricState,
} from '../../network/fabric';
import { waitUntil } from '../../network/processes';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { containerFacts, nodeProfile } from '../support/ledger-samples';
import { startWriter, type BackgroundWriter } from './support/background-writer';
import { changedChaincode } from './support/changed-chaincode';

jest.setTimeout(120_000);

const BASE_PORT = 18_050;
const EDGE4 = { name: 'edge4', mspId: 'Edge4MSP' };

let network: TestNetwork;
let writer: BackgroundWriter | undefined;
let work: string;
let stateFolder: string;

async function register(cluster: string): Promise<void> {
  const admin = await network.connect(cluster, 'admin');
  const agentCertificatePem = await network.agentCertificatePem(cluster);
  await admin.submit('NodeContract:Register', [{ ...nodeProfile(cluster), agentCertificatePem }]);
  await admin.close();
}

/** Runs a change, and is cut off once at the beginning of each of its steps before it is let through. */
async function cutOffAtEachStep(
  change: (options: { stateFolder: string; onStep: (line: string) => void; signal: AbortSignal }) => Promise<unknown>,
): Promise<number> {
  for (let cuts = 0; ; cuts += 1) {
    const controller = new AbortController();
    let step = 0;
    const onStep = () => {
      if (step === cuts) controller.abort();
      step += 1;
    };
    const outcome = change({ stateFolder, onStep, signal: controller.signal });
    const failure = await outcome.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) return cuts;
    if (!controller.signal.aborted) throw failure as Error;
    expect((await fabricStatus({ stateFolder })).unfinished).not.toBeNull();
  }
}

const processes = () => readdirSync(join(stateFolder, 'fabric', 'run')).map((file) => file.replace('.json', ''));
/** Whose peers there are, once every part answers: a busy machine may keep one of them from it for a moment. */
const members = async () => {
  const status = async () => {
    const { healthy, components } = await fabricStatus({ stateFolder });
    if (healthy) return components.filter(({ kind }) => kind === 'peer').map(({ cluster }) => cluster);
    throw new Error(JSON.stringify(components.filter((component) => !component.healthy)));
  };
  return waitUntil(status, { deadlineMs: 30_000, what: 'every part to be healthy' });
};

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'blosm-changes-'));
  network = await startFabricForTests(BASE_PORT);
  ({ stateFolder } = network);
  await register('edge1');
  writer = startWriter(await network.connect('edge1'));
  await writer.more(3);
});

afterAll(async () => {
  await writer?.stop();
  await network.down();
  rmSync(work, { recursive: true, force: true });
});

afterEach(async () => {
  await writer?.more(3);
  expect(writer?.failures).toEqual([]);
});

describe('a network that changes while a member writes', () => {
  it('takes a fourth organisation in, although its addition is cut off at each of its steps', async () => {
    const cuts = await cutOffAtEachStep((options) => fabricAddOrganization({ ...options, member: EDGE4 }));
    expect(cuts).toBe(3);
    expect(await members()).toEqual(['edge1', 'edge2', 'edge3', 'edge4']);
    const again = await fabricAddOrganization({ stateFolder, member: EDGE4 });
    expect(again.changed).toBe(false);
  });

  it('has its transactions endorsed by the new one, and takes those of its agent', async () => {
    await register('edge4');
    const edge4 = await network.connect('edge4');
    const endorsers = async () => {
      const metadataId = `meta-of-edge4-${randomUUID()}`;
      const share = { metadataId, instanceId: null, container: containerFacts() };
      const { transactionId } = await edge4.submit('MetadataContract:Share', [share]);
      const { endorserMspIds } = await edge4.transaction(transactionId);
      expect(new Set(endorserMspIds).size).toBe(2);
      return endorserMspIds;
    };
    // A peer that is late, as a new one on a busy machine may be, is overtaken by others.
    const isAmong = async () => (await endorsers()).includes('Edge4MSP');
    await waitUntil(isAmong, { deadlineMs: 30_000, what: 'a transaction that the new one has endorsed' });
  });

  it('is left alone by an up from the topology that it was made from', async () => {
    expect(await network.restore()).toEqual([]);
    expect(await members()).toHaveLength(4);
  });

  it('gives a peer that has lost its disk all of it back, and nobody reads an old ledger meanwhile', async () => {
    const edge2 = await network.connect('edge2');
    const nodes = async () => (await edge2.query('NodeContract:List', [])).length;
    const seen = new Set([await nodes()]);
    const ends = new AbortController();
    const reading = (async () => {
      // While it is away it cannot be asked.
      while (!ends.signal.aborted)
        await nodes().then(
          (count) => seen.add(count),
          () => pause(20),
        );
    })();
    await network.kill('edge2-peer');
    rmSync(join(stateFolder, 'fabric', 'nodes', 'edge2-peer', 'data'), { recursive: true, force: true });
    expect(await network.restore()).toEqual(['edge2-peer']);
    expect(await members()).toHaveLength(4);
    await waitUntil(nodes, { deadlineMs: 60_000, what: 'edge2 to be asked again' });
    ends.abort();
    await reading;
    expect([...seen]).toEqual([2]);
  });

  it('answers from another chaincode without a pause, and ends the old processes then', async () => {
    const before = requireFabricState(stateFolder).deployment!;
    const { deployment, changed } = await fabricUpgrade({ stateFolder, chaincodeFolder: changedChaincode(work) });
    expect({ changed, sequence: deployment.sequence }).toEqual({ changed: true, sequence: before.sequence + 1 });
    expect(processes().filter((name) => name.includes('chaincode'))).toEqual(
      ['edge1', 'edge2', 'edge3', 'edge4'].map((name) => `${name}-chaincode-b`),
    );
    expect(await members()).toHaveLength(4);
  });

  it('goes on with an upgrade that was cut off, when it is brought up', async () => {
    const controller = new AbortController();
    const upgrade = fabricUpgrade({ stateFolder, signal: controller.signal });
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (!processes().includes('edge1-chaincode')) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    controller.abort();
    await expect(upgrade).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    const { deployment } = requireFabricState(stateFolder);
    await network.restore();
    const state = requireFabricState(stateFolder);
    expect(state).toMatchObject({ unfinished: null, deployment: { sequence: deployment!.sequence + 1, place: 0 } });
  });

  it('lets an organisation go whose peer is dead, although its removal is cut off at each of its steps', async () => {
    const { agentKey } = clusterFabricFiles(requireFabricState(stateFolder), 'edge4');
    network.signal('edge4-peer', 'SIGKILL');
    const cuts = await cutOffAtEachStep((options) => fabricRemoveOrganization({ ...options, name: 'edge4' }));
    expect(cuts).toBe(2);
    expect(await members()).toEqual(['edge1', 'edge2', 'edge3']);
    expect(processes().filter((name) => name.startsWith('edge4'))).toEqual([]);
    expect(existsSync(agentKey)).toBe(true);
  });

  it('lets one of its founders go, with its files, and is still the network of its topology', async () => {
    const { agentKey } = clusterFabricFiles(requireFabricState(stateFolder), 'edge3');
    await fabricRemoveOrganization({ stateFolder, name: 'edge3', purge: true });
    expect(existsSync(agentKey)).toBe(false);
    expect(await network.restore()).toEqual([]);
    expect(await members()).toEqual(['edge1', 'edge2']);
    const again = await fabricRemoveOrganization({ stateFolder, name: 'edge3' });
    expect(again.changed).toBe(false);
  });

  it('refuses to become too small for its endorsement policy', async () => {
    await expect(fabricRemoveOrganization({ stateFolder, name: 'edge2' })).rejects.toMatchObject({
      code: 'BLOSM_E_CONFLICT',
      message: expect.stringContaining('only 1 would be left') as string,
    });
  });
});
