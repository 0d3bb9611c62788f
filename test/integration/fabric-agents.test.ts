import type { Ledger } from '../../agent/ports/ledger';
import { isTerminal } from '../../chaincode/src/model';
import { waitUntil } from '../../network/processes';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { RealAgents } from './support/real-agents';
import { registerNode } from './support/real-nodes';

jest.setTimeout(180_000);

/** Ports beside those of the other files. */
const BASE_PORT = 27_550;

let network: TestNetwork;
const ledgers: Ledger[] = [];

describe('agents of three clusters', () => {
  let agents: RealAgents;
  let token = '';
  let instanceId = '';

  beforeAll(async () => {
    network = await startFabricForTests(BASE_PORT);
    for (const cluster of ['edge1', 'edge2', 'edge3']) ledgers.push(await registerNode(network, cluster));
    agents = await RealAgents.start(ledgers, { decisionMs: 4_000, deadlineMs: 20_000, leaseMs: 60_000 });
    const isServed = async (): Promise<boolean> => {
      const first = await agents.write(1, token);
      if (first.kind !== 'serve') return false;
      token = first.answer.newToken ?? token;
      ({ instanceId } = first.answer);
      first.release();
      return true;
    };
    await waitUntil(isServed, { deadlineMs: 30_000, what: 'the first answer' });
  });

  afterAll(async () => {
    await agents.stopAll();
    await network.down();
  });

  const recordOf = (migrationId: string) => ledgers[0]!.query('MigrationContract:Get', [migrationId]);

  const ownerOf = async () => {
    const { ownerNodeId, epoch } = await ledgers[0]!.query('InstanceContract:Get', [instanceId]);
    return { ownerNodeId, epoch };
  };

  /** In a terminal state; a migration that could not be proposed yet is not there. */
  async function hasEnded(migrationId: string): Promise<boolean> {
    const record = await recordOf(migrationId).catch(() => undefined);
    return record !== undefined && isTerminal(record.state);
  }

  /** The cluster answers the device each time, until the condition holds. */
  async function servesUntil(number: number, holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const served = async (): Promise<boolean> => {
      const decision = await agents.write(number, token);
      expect(decision.kind).toBe('serve');
      if (decision.kind === 'serve') decision.release();
      return holds();
    };
    await waitUntil(served, { deadlineMs: 30_000, what });
  }

  it('hand nothing over while the orderer is stopped: the source serves on, and the move is made afterwards', async () => {
    network.signal('orderer', 'SIGKILL');
    const migrationId = await agents.move(instanceId, 1, 2);
    const sinceMs = Date.now();
    await servesUntil(1, () => Date.now() - sinceMs > 3_000, 'three seconds');
    await expect(recordOf(migrationId)).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    expect(await ownerOf()).toEqual({ ownerNodeId: 'Edge1MSP', epoch: 1 });
    await network.restore();
    await waitUntil(() => hasEnded(migrationId), { deadlineMs: 60_000, what: 'the migration' });
    expect(await recordOf(migrationId)).toMatchObject({ state: 'COMPLETED', abort: null });
    expect(await ownerOf()).toEqual({ ownerNodeId: 'Edge2MSP', epoch: 2 });
  });

  it('hand nothing over when one of three confirmations is withheld: aborted, with the missing by name', async () => {
    await agents.stop(3);
    const migrationId = await agents.move(instanceId, 2, 1);
    await servesUntil(2, () => hasEnded(migrationId), 'the abort');
    expect(await recordOf(migrationId)).toMatchObject({
      state: 'ABORTED',
      destinationNodeId: null,
      abort: { stage: 'confirm', reason: '2 of 3 nodes confirmed; missing: edge3' },
    });
    expect(await ownerOf()).toEqual({ ownerNodeId: 'Edge2MSP', epoch: 2 });
  });
});
