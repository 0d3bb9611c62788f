import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../agent/ports/ledger';
import type { SubmitName } from '../../chaincode/src/model';
import { fabricUpgrade } from '../../network/fabric';
import { waitUntil } from '../../network/processes';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { nodeProfile } from '../support/ledger-samples';
import { startReader, type BackgroundReader } from './support/background-reader';
import { alteredChaincode } from './support/changed-chaincode';
import {
  createInstance,
  evaluationOf,
  handOverOf,
  migrationIdOf,
  preparationOf,
  proposalOf,
  registerNode,
  registerService,
} from './support/real-nodes';
import { UnrulyMember } from './support/unruly-member';

jest.setTimeout(120_000);

/** Ports beside those of the other files. */
const BASE_PORT = 27_050;
const PAGE = { pageSize: 10, bookmark: '' };

/**
 * What release 0.1 wrote: version 1 of the records of nodes, instances and migrations, without what later releases have
 * added, and no leases at all.
 */
const AS_RELEASE_0_1 = {
  file: 'ledger/world-state.js',
  text: 'async put(key, schema, record) {',
  by: `async put(key, schema, present) {
        if (key.objectType === 'lease') return;
        const { state, cordoned, recoveredFrom, superseded, ...rest } = present;
        const old = key.objectType === 'migration' ? { ...rest, state } : rest;
        const isOld = ['node', 'instance', 'migration', 'removed-instance'].includes(key.objectType);
        const text = isOld ? { ...old, v: 1 } : present;
        await this.stub.putState(this.nameOf(key), Buffer.from((0, model_1.canonicalJson)(text), 'utf8'));
    }
    async putPresent(key, schema, record) {`,
};

let work: string;
let network: TestNetwork;
let edge1: Ledger;
let edge2: Ledger;
let edge3: Ledger;
let reader: BackgroundReader | undefined;

/** Types and versions of the records in what a peer would write and answer, were the call ordered. */
async function recordsIn(name: SubmitName, argument: object): Promise<readonly string[]> {
  const member = new UnrulyMember(await network.channelOptions('edge1'));
  const ask = async () => {
    const answer = await member.ask('Edge1MSP', member.propose(name, [JSON.stringify(argument)]));
    // A peer that has just taken in the next definition turns callers away for a moment.
    if (answer.kind !== 'endorsed') throw new Error(JSON.stringify(answer));
    return answer;
  };
  const wait = { deadlineMs: 20_000, what: `edge1 to endorse ${name}` };
  // Its stream of blocks would keep this process alive.
  const answer = await waitUntil(ask, wait).finally(() => member.close());
  const text = Buffer.from(answer.response.payload).toString('latin1');
  const records = text.matchAll(/"type":"([a-z-]+)"(?:,"[A-Za-z0-9]+":[^{}]*?)?,"v":(\d+)\}/g);
  return [...records].map(([, type = '', version = '']) => `${type} ${version}`).sort();
}

const registered = (nodeId: string, changes: object = {}) =>
  expect.objectContaining({ nodeId, v: 2, state: 'ACTIVE', cordoned: false, revision: 1, ...changes }) as unknown;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'blosm-old-records-'));
  const old = alteredChaincode(work, 'old-chaincode', [AS_RELEASE_0_1]);
  network = await startFabricForTests(BASE_PORT, old);
  [edge1, edge2, edge3] = [
    await registerNode(network, 'edge1'),
    await registerNode(network, 'edge2'),
    await registerNode(network, 'edge3'),
  ];
  await registerService(edge1, 'none');
  await createInstance(edge1, 'i-1');
  await createInstance(edge3, 'i-3');
  await edge1.submit('MigrationContract:Propose', [proposalOf('i-1')]);
  reader = startReader(await network.connect('edge2'));
});

afterAll(async () => {
  await reader?.stop();
  await network.down();
  rmSync(work, { recursive: true, force: true });
});

describe('a running network whose ledger an earlier release has begun', () => {
  it('holds records as that release wrote them', async () => {
    expect(await recordsIn('NodeContract:Update', nodeProfile('edge1-renamed'))).toEqual(['node 1', 'node 2']);
    expect(await edge1.query('NodeContract:Leases', [])).toEqual([]);
  });

  it('goes on under the present chaincode, and nobody who reads meanwhile is turned away', async () => {
    await reader?.more(3);
    const { deployment, changed } = await fabricUpgrade({ stateFolder: network.stateFolder });
    expect({ changed, sequence: deployment.sequence }).toEqual({ changed: true, sequence: 2 });
    await reader?.more(10);
    expect(reader?.failures).toEqual([]);
    expect(await recordsIn('NodeContract:Update', nodeProfile('edge1-renamed'))).toEqual(['node 2', 'node 2']);
  });

  it('reads its old records as if they were of today', async () => {
    await edge2.freshView();
    const nodes = await edge2.query('NodeContract:List', []);
    expect(nodes).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge3MSP'].map((nodeId) => registered(nodeId)));
    const instances = await edge2.query('InstanceContract:List', [PAGE]);
    expect(instances.items).toMatchObject([
      { instanceId: 'i-1', v: 2, recoveredFrom: null, openMigrationId: migrationIdOf('i-1') },
      { instanceId: 'i-3', v: 2, recoveredFrom: null, openMigrationId: null },
    ]);
    const migrations = await edge2.query('MigrationContract:List', [PAGE]);
    expect(migrations.items).toMatchObject([{ v: 2, state: 'PROPOSED', superseded: null }]);
    expect(await edge2.query('NodeContract:History', ['Edge1MSP'])).toMatchObject([{ record: { v: 2, revision: 1 } }]);
  });

  it('takes the migration that was open then to its end', async () => {
    const migrationId = migrationIdOf('i-1');
    for (const node of [edge2, edge3]) await node.submit('EvaluationContract:Submit', [evaluationOf('i-1')]);
    await edge1.freshView();
    const confirmations = await edge1.query('ConfirmationContract:List', [migrationId]);
    expect(confirmations.map(({ nodeId }) => nodeId)).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge3MSP']);
    await edge2.submit('MigrationContract:Prepare', [preparationOf('i-1')]);
    await edge1.submit('MigrationContract:HandOver', [handOverOf('i-1', 'Edge2MSP')]);
    await edge2.submit('MigrationContract:Complete', [{ migrationId, tokenSha256: null }]);
    await edge1.freshView();
    const history = await edge1.query('MigrationContract:History', [migrationId]);
    const states = history.map(({ record }) => (record as { state: string }).state);
    expect(states).toEqual(['COMPLETED', 'HANDED_OVER', 'PROPOSED']);
    expect(await edge1.query('InstanceContract:Get', ['i-1'])).toMatchObject({ ownerNodeId: 'Edge2MSP', epoch: 2 });
  });

  it('gives a node without a lease that of its registration: it is not suspended before that has lapsed', async () => {
    await expect(edge1.submit('NodeContract:Suspend', ['Edge3MSP'])).rejects.toMatchObject({
      code: 'BLOSM_E_LEASE_HELD',
      message: expect.stringMatching(/the lease of Edge3MSP has [45]\d\d s left/) as string,
    });
  });

  it('lets it renew and be suspended from then on, and what it owned then be claimed', async () => {
    await edge1.submit('NodeContract:Renew', [{ leaseSeconds: 3600 }]);
    await edge3.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
    // Its peer may be behind that of edge3.
    await edge1.freshView();
    expect(await edge1.query('NodeContract:Leases', [])).toMatchObject([
      { nodeId: 'Edge1MSP' },
      { nodeId: 'Edge3MSP' },
    ]);
    expect(await edge1.query('NodeContract:Get', ['Edge3MSP'])).toEqual(registered('Edge3MSP'));
    const isSuspended = () =>
      edge1.submit('NodeContract:Suspend', ['Edge3MSP']).then(
        () => true,
        () => false,
      );
    await waitUntil(isSuspended, { deadlineMs: 30_000, what: 'the suspension' });
    const { result } = await edge1.submit('InstanceContract:Claim', [{ instanceId: 'i-3', epoch: 1 }]);
    expect(result).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 2, recoveredFrom: null });
    await edge3.submit('NodeContract:Renew', [{ leaseSeconds: 600 }]);
    await edge1.freshView();
    expect(await edge1.query('NodeContract:Get', ['Edge3MSP'])).toEqual(registered('Edge3MSP', { revision: 3 }));
  });
});
