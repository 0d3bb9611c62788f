import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

const BY_COMMITS = { settings: { confirmationSource: 'commit' as const } };

let world: World;
afterEach(() => world.end());

async function begin(): Promise<Answer> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

const reconnect = (token: string): Promise<Answer> => world.request(2, { token, position: nearNode(2) });
const stateOf = async (): Promise<string | undefined> => (await world.migrations())[0]?.state;
const untilState = (state: string): Promise<void> => world.until(state, async () => (await stateOf()) === state);

/** How often a Propose was ordered, valid or not. */
const proposals = (): number =>
  world.channel
    .peer(nodeIdOf(1))
    .blocks.flatMap(({ transactions }) => transactions)
    .filter(({ envelope }) => envelope.proposal.args[0] === 'MigrationContract:Propose').length;

describe('a migration that is confirmed by commits', () => {
  it('is decided with the commits of all peers and the offer of the nearest, without the records of the others', async () => {
    world = await startWorld(BY_COMMITS);
    const device = await begin();
    // Its peer commits, its agent confirms nothing.
    world.crash(3);
    await reconnect(device.token);
    await untilState('COMPLETED');
    const [migration] = await world.migrations();
    const confirmations = await world.node(1).ledger.query('ConfirmationContract:List', [migration!.migrationId]);
    expect(confirmations.map(({ nodeId }) => nodeId).sort()).toEqual(['Edge1MSP', 'Edge2MSP']);
    expect(await world.request(2, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge2' });
  });

  it('is decided as soon as the last peer has committed: the lane is woken, it does not wait for its next look', async () => {
    world = await startWorld({ settings: { ...BY_COMMITS.settings, resyncMs: 60_000 } });
    const device = await begin();
    world.crash(3);
    world.channel.peer(nodeIdOf(3)).lagMs = 3000;
    await reconnect(device.token);
    await world.clock.advance(2500);
    const { plan } = world.agent(1).lanes.get(device.instanceId)!.state;
    expect(plan).toMatchObject({ kind: 'wait', reason: '2 of 3 nodes confirmed; missing: edge3' });
    await world.clock.advance(1000);
    await untilState('HANDED_OVER');
    const [migration] = await world.migrations();
    expect(migration!.handedOverAtMs! - migration!.proposedAtMs).toBeLessThan(10_000);
    await untilState('COMPLETED');
  });

  it('is aborted at its deadline when a peer is down, by name, and nothing is submitted again', async () => {
    world = await startWorld(BY_COMMITS);
    const device = await begin();
    world.channel.peer(nodeIdOf(3)).stop();
    await reconnect(device.token);
    await untilState('ABORTED');
    const [migration] = await world.migrations();
    expect(migration!.abort).toMatchObject({ stage: 'confirm', reason: '2 of 3 nodes confirmed; missing: edge3' });
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    expect(proposals()).toBe(1);
  });

  it('goes on when the peer comes back in time', async () => {
    world = await startWorld(BY_COMMITS);
    const device = await begin();
    world.channel.peer(nodeIdOf(3)).stop();
    await reconnect(device.token);
    await world.clock.advance(10_000);
    world.channel.peer(nodeIdOf(3)).start();
    await untilState('COMPLETED');
    expect(proposals()).toBe(1);
  });

  it.each(['the journal has it', 'only the history of the ledger has it'])(
    'finds its proposal after a restart of the source: %s',
    async (where) => {
      world = await startWorld(BY_COMMITS);
      const device = await begin();
      // It knows the run spec already: of a source that is down it cannot ask it.
      world.crash(2);
      await world.node(2).specs.save((await world.node(1).specs.load()) ?? {});
      await world.restart(2);
      world.channel.peer(nodeIdOf(3)).stop();
      const source = world.node(1);
      // After the intent and the beginning of the step, its end does not get to the disk.
      if (where !== 'the journal has it') source.crashPoint = { append: source.appends + 3, when: 'before' };
      void world.send(2, { token: device.token, position: nearNode(2) });
      await untilState('PROPOSED');
      await world.clock.advance(100);
      if (where === 'the journal has it') world.crash(1);
      expect(source.isUp).toBe(false);
      const steps = (await source.journal.readAll()).filter(({ name }) => name === 'propose').map(({ kind }) => kind);
      expect(steps).toEqual(where === 'the journal has it' ? ['step-begun', 'step-done'] : ['step-begun']);
      await world.restart(1);
      // Where the device is only the device tells.
      await reconnect(device.token);
      await world.clock.advance(1000);
      expect(await stateOf()).toBe('PROPOSED');
      const { plan } = world.agent(1).lanes.get(device.instanceId)!.state;
      expect(plan).toMatchObject({ kind: 'wait', reason: '2 of 3 nodes confirmed; missing: edge3' });
      world.channel.peer(nodeIdOf(3)).start();
      await untilState('COMPLETED');
      expect(proposals()).toBe(1);
    },
  );

  it('settles a proposal whose outcome was not seen, and counts the commits of that one', async () => {
    world = await startWorld(BY_COMMITS);
    const device = await begin();
    const fault = world.channel.fault('unseen', 'MigrationContract:Propose');
    await reconnect(device.token);
    await untilState('COMPLETED');
    expect(fault.met).toBe(true);
    expect(await world.migrations()).toHaveLength(1);
  });
});
