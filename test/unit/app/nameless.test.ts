import { BlosmError } from '../../../chaincode/src/model';
import { nearNode, startWorld, type World } from '../../support/agents';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

/** Instances whose device has never got a token: nobody can ever ask for one, so none of them stays. */

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.end());

const unreachable = (): BlosmError => new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'no peer', { stage: 'endorse' });

const isGone = async (): Promise<boolean> => (await world.instances()).length === 0;

/** What the blocks say of instances, in their order. */
const commits = (): string[] =>
  world.channel
    .peer('Edge1MSP')
    .blocks.flatMap(({ transactions }) => transactions)
    .flatMap(({ envelope, validationCode }) => {
      const [contract, name = ''] = envelope.proposal.args[0]?.split(':') ?? [];
      return contract === 'InstanceContract' ? [`${name} ${validationCode}`] : [];
    });

it('an instance whose creation is committed after it was given up is removed at once, and no container is made', async () => {
  const creations = [1, 2].map(() => world.channel.fault('hold', 'InstanceContract:Create'));
  expect(await world.request(1, { deviceId: 'car', position: nearNode(1) })).toMatchObject({ status: 503 });
  await world.until('it was tried twice', () => creations.every(({ met }) => met));
  await world.clock.advance(40_000);
  for (const creation of creations) {
    creation.release();
    await world.clock.advance(5000);
    expect(await world.instances()).toEqual([]);
  }
  expect(commits()).toEqual(['Create VALID', 'Remove VALID', 'Create MVCC_READ_CONFLICT']);
  expect(world.node(1).engine.faults.count('createContainer')).toBe(0);
  expect(await world.request(1, { deviceId: 'car', position: nearNode(1) })).toMatchObject({ status: 200 });
  expect(await world.instances()).toHaveLength(1);
});

it('an instance that cannot be read right after its creation is answered for all the same', async () => {
  jest.spyOn(world.agent(1).cache, 'readInstance').mockRejectedValueOnce(unreachable());
  expect(await world.request(1)).toMatchObject({ status: 200, count: 1 });
  expect(await world.instances()).toHaveLength(1);
});

it('an instance that cannot be decided on is removed when its device has no id to find it by', async () => {
  jest.spyOn(world.agent(1).cache, 'instance').mockRejectedValueOnce(unreachable());
  expect(await world.request(1)).toMatchObject({ status: 503, code: 'BLOSM_E_LEDGER_UNREACHABLE' });
  await world.until('nothing stays', isGone, 10_000);
});

it('its removal is done again when nobody knows what became of it', async () => {
  world.node(1).engine.fault({ operation: 'pullImage', takesMs: 12_000 });
  const removal = world.channel.fault('drop', 'InstanceContract:Remove');
  expect(await world.request(1)).toMatchObject({ status: 503 });
  await world.until('it is to be removed', () => removal.met);
  await world.until('nothing stays', isGone, 60_000);
});
