import { refuseSecondAgent, type SecondAgentParts } from '../../../agent/app/second-agent';
import { BlosmError } from '../../../chaincode/src/model';
import { FakeLog } from '../../fakes/log';
import { startWorld, type World } from '../../support/agents';

jest.setTimeout(60_000);

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.end());

/** An agent that is about to start with the first cluster's certificate. */
const start = (changes: Partial<SecondAgentParts> = {}): Promise<void> => {
  const { cache, directory, context } = world.agent(2);
  const parts = {
    nodeId: 'Edge1MSP',
    directory,
    peers: world.network.peersOf('Edge1MSP'),
    readNodes: () => cache.nodes(),
    clock: context.clock,
    log: new FakeLog(),
  };
  return world.clock.runUntil(refuseSecondAgent({ ...parts, ...changes }, new AbortController().signal));
};

it('an agent whose cluster has one already does not start', async () => {
  await expect(start()).rejects.toMatchObject({
    code: 'BLOSM_E_AGENT_RUNNING',
    message: expect.stringContaining('another agent of Edge1MSP answers at https://') as string,
  });
});

it.each(['BLOSM_E_PEER_REFUSED', 'BLOSM_E_PROTOCOL_VERSION'] as const)('an answer with %s is one too', async (code) => {
  const fault = new BlosmError(code, 'no such question');
  await expect(start({ peers: { progress: () => Promise.reject(fault) } })).rejects.toMatchObject({
    code: 'BLOSM_E_AGENT_RUNNING',
  });
});

it.each<[string, () => Partial<SecondAgentParts>]>([
  [
    'whose earlier run has ended',
    () => {
      world.crash(1);
      return {};
    },
  ],
  [
    'that nobody answers at all',
    () => {
      world.network.cut('Edge1MSP', 'Edge1MSP', 'silent');
      return {};
    },
  ],
  ['that is not registered yet', () => ({ nodeId: 'Edge9MSP' })],
  ['that cannot reach its ledger', () => ({ readNodes: () => Promise.reject(new Error('no peer')) })],
  ['whose ledger does not answer', () => ({ readNodes: () => new Promise(() => undefined) })],
])('an agent %s starts', async (_what, happens) => {
  await expect(start(happens())).resolves.toBeUndefined();
});
