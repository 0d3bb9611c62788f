import { AgentControl } from '../../../agent/app/control/control-service';
import {
  ClusterView,
  InstanceView,
  LedgerBlockView,
  LedgerHistoryView,
  LedgerVerificationLine,
  MigrationDetailView,
  MigrationOrder,
  MigrationPlanView,
  MigrationView,
  ServiceView,
  StatusView,
  TimelineView,
} from '../../../agent/ports/control';
import { nearNode, publish, startWorld, type World } from '../../support/agents';
import { BlosmError, type RunSpec } from '../../../chaincode/src/model';
import type { FakeEngine } from '../../fakes/engine';
import type { Answer } from '../../support/world-devices';

jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const controlOf = (number: number): AgentControl =>
  new AgentControl(world.agent(number), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });
const run = <T>(answer: Promise<T>): Promise<T> => world.clock.runUntil(answer);
const begin = (): Promise<Answer> => world.request(1, { deviceId: 'car-1', position: nearNode(1) });
const order = (instanceId: string, changes: object = {}): MigrationOrder =>
  MigrationOrder.parse({ instanceId, ...changes });
const untilCompleted = (): Promise<void> =>
  world.until('completed', async () => (await world.migrations())[0]?.state === 'COMPLETED');

describe('an operator', () => {
  it('moves an instance by order, and sees how it went', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const control = controlOf(1);
    const started = MigrationView.parse(await run(control.migrations.start(order(instanceId, { to: 'edge3' }))));
    expect(started).toMatchObject({ state: 'PROPOSED', sourceName: 'edge1', trigger: 'operator' });
    await untilCompleted();
    await world.clock.advance(3000);
    const detail = MigrationDetailView.parse(await run(control.migrations.get(started.migrationId)));
    expect(detail).toMatchObject({ state: 'COMPLETED', destinationName: 'edge3', waitsFor: null });
    expect(detail.confirmations.map(({ nodeName }) => nodeName).sort()).toEqual(['edge1', 'edge2', 'edge3']);
    expect(detail.prepares.map(({ nodeName }) => nodeName)).toEqual(['edge3']);
    const timeline = TimelineView.parse(await run(control.migrations.timeline(started.migrationId)));
    const names = timeline.phases.map(({ name, node }) => `${node} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'edge1 propose',
        'edge1 drain',
        'edge1 push',
        'edge3 pull',
        'edge3 prepare',
        'edge1 hand-over',
      ]),
    );
    expect(timeline.outageMs).toBeGreaterThanOrEqual(0);
    expect(timeline.records.map(({ what }) => what)).toEqual(expect.arrayContaining(['handed over', 'completed']));
  });

  it('reads everything there is', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const control = controlOf(1);
    const clusters = (await run(control.clusters.list())).map((view) => ClusterView.parse(view));
    expect(clusters.map(({ name, isSelf }) => [name, isSelf])).toEqual([
      ['edge1', true],
      ['edge2', false],
      ['edge3', false],
    ]);
    const services = (await run(control.services.list({ limit: 10 }))).map((view) => ServiceView.parse(view));
    expect(services.map(({ serviceId }) => serviceId)).toEqual(['counter', 'detect']);
    expect(ServiceView.parse(await run(control.services.get('counter')))).toMatchObject({ registeredByName: 'edge1' });
    const instance = InstanceView.parse(await run(control.instances.get(instanceId)));
    expect(instance).toMatchObject({ ownerName: 'edge1', container: { state: 'running' } });
    const elsewhere = (await run(controlOf(2).instances.list({ limit: 10 }))).map((view) => InstanceView.parse(view));
    expect(elsewhere).toMatchObject([{ instanceId, ownerName: 'edge1', container: null }]);
    expect(await run(control.migrations.list({ limit: 10 }))).toEqual([]);
    const tip = await run(control.ledger.tip());
    expect(tip).toMatchObject({ channel: 'blosm', height: world.channel.height });
    await expect(run(control.services.get('nothing'))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    await expect(run(control.instances.get('nothing'))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    await expect(run(control.migrations.timeline('nothing'))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('is shown the newest migrations, not the oldest', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const first = await run(controlOf(1).migrations.start(order(instanceId, { to: 'edge2' })));
    await untilCompleted();
    const second = await run(controlOf(2).migrations.start(order(instanceId, { to: 'edge3' })));
    const listed = async (limit: number): Promise<string[]> =>
      (await run(controlOf(3).migrations.list({ limit }))).map(({ migrationId }) => migrationId);
    expect(await listed(1)).toEqual([second.migrationId]);
    expect(await listed(2)).toEqual([second.migrationId, first.migrationId]);
  });

  it('looks into the ledger: blocks, what an object has been, the chain as a whole', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const control = controlOf(1);
    const { migrationId } = await run(control.migrations.start(order(instanceId, { to: 'edge3' })));
    await untilCompleted();
    const history = LedgerHistoryView.parse(await run(control.ledger.history('metadata', migrationId)));
    expect(history).toMatchObject({ entries: [{ deleted: false, record: { metadataId: migrationId } }] });
    const transactionId = history.entries[0]?.transactionId ?? '';
    const { blockNumber } = await run(control.ledger.transaction(transactionId));
    const block = LedgerBlockView.parse(await run(control.ledger.block(blockNumber)));
    expect(block.transactions).toContainEqual(
      expect.objectContaining({ transactionId, functionName: 'MigrationContract:Propose', validationCode: 'VALID' }),
    );
    await expect(run(control.ledger.history('metadata', 'nothing'))).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_FOUND',
    });
    await expect(run(control.ledger.block(1_000_000))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    // The fake network has no orderer's key: its second block is the first that nobody signed.
    const lines = control.ledger.verify({ from: 0 }, new AbortController().signal)[Symbol.asyncIterator]();
    const step = await run(lines.next());
    expect(LedgerVerificationLine.parse(step.value as unknown)).toMatchObject({
      result: { to: 0, blocks: 1, fault: { blockNumber: 1, check: 'signature' } },
    });
  });

  it('is told beforehand what would be done, and nothing is', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    world.network.cut('Edge1MSP', 'Edge3MSP');
    const plan = MigrationPlanView.parse(await run(controlOf(1).migrations.plan(order(instanceId))));
    expect(plan.destinations.map(({ name, eligible }) => [name, eligible])).toEqual([
      ['edge2', false],
      ['edge3', false],
    ]);
    expect(plan.destinations[0]?.reasons).toEqual(['the device is outside its coverage']);
    const named = await run(controlOf(1).migrations.plan(order(instanceId, { to: 'edge2' })));
    expect(named.destinations[0]).toMatchObject({ name: 'edge2', eligible: true, reasons: [] });
    expect(named.steps.length).toBeGreaterThan(5);
    expect(await world.migrations()).toEqual([]);
    await expect(run(controlOf(2).migrations.plan(order(instanceId)))).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_OWNER',
    });
  });

  it.each([
    ['to nowhere', 1, { to: 'edge9' }, 'BLOSM_E_NOT_FOUND'],
    ['to where it is', 1, { to: 'edge1' }, 'BLOSM_E_INVALID_ARGUMENT'],
    ['by a way that is not there', 1, { to: 'edge2', strategy: 'direct' }, 'BLOSM_E_UNSUPPORTED'],
    ['from somewhere else', 2, { to: 'edge2' }, 'BLOSM_E_NOT_OWNER'],
  ] as const)('cannot move it %s', async (_what, number, changes, code) => {
    world = await startWorld();
    const { instanceId } = await begin();
    await expect(run(controlOf(number).migrations.start(order(instanceId, changes)))).rejects.toMatchObject({ code });
    await expect(run(controlOf(number).migrations.plan(order(instanceId, changes)))).rejects.toMatchObject({ code });
    expect(await world.migrations()).toEqual([]);
  });

  it('cannot move it twice at once', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const control = controlOf(1);
    const both = await run(
      Promise.allSettled([
        control.migrations.start(order(instanceId, { to: 'edge2' })),
        control.migrations.start(order(instanceId, { to: 'edge3' })),
      ]),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'BLOSM_E_MIGRATION_OPEN' },
    });
    await untilCompleted();
    expect(await world.migrations()).toHaveLength(1);
  });

  it('is told beforehand that it is being moved already', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    await run(controlOf(1).migrations.start(order(instanceId, { to: 'edge2' })));
    await expect(run(controlOf(1).migrations.plan(order(instanceId)))).rejects.toMatchObject({
      code: 'BLOSM_E_MIGRATION_OPEN',
    });
    await untilCompleted();
  });

  it.each<[string, Partial<RunSpec>, RegExp]>([
    ['volumes', { volumes: ['/data'] }, /declares volumes/],
    ['secrets', { env: [{ name: 'KEY', value: 'x', secret: true }] }, /holds secrets/],
  ])('is told beforehand that an instance with %s cannot be moved', async (_what, spec, message) => {
    world = await startWorld();
    await publish(world, 'odd', 'counter', 'files', { spec });
    const { instanceId } = await world.request(1, { serviceId: 'odd', deviceId: 'car-1', position: nearNode(1) });
    for (const ask of ['plan', 'start'] as const) {
      await expect(
        run<unknown>(controlOf(1).migrations[ask](order(instanceId, { to: 'edge2' }))),
      ).rejects.toMatchObject({
        code: 'BLOSM_E_UNSUPPORTED',
        message: expect.stringMatching(message) as string,
      });
    }
  });

  it('is told when the proposal does not get to the ledger', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    world.channel.ordererRunning = false;
    const started = controlOf(1).migrations.start(order(instanceId, { to: 'edge2' }));
    await expect(run(started)).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
  });
});

describe('the status', () => {
  it('tells what was last seen of ledger and engine', async () => {
    world = await startWorld();
    await begin();
    const control = controlOf(1);
    const stop = new AbortController();
    const board = control.board.run(stop.signal);
    await world.clock.advance(3000);
    const status = StatusView.parse(control.status());
    expect(status).toMatchObject({ name: 'edge1', ready: true, nodes: 3, instancesOwned: 1, openMigrations: [] });
    expect(status.ledgerHeight).toBe(world.channel.height);
    expect(control.readiness()).toEqual({ ready: true, waitsFor: [] });
    expect(control.health().ticking).toBe(true);
    world.node(1).engine.isDown = true;
    world.channel.peer('Edge1MSP').stop();
    await world.clock.advance(12_000);
    const waitsFor = control.readiness().waitsFor.join('; ');
    expect(waitsFor).toMatch(/ledger: .*engine: /);
    expect(StatusView.parse(control.status())).toMatchObject({ ready: false, ledgerHeight: null, capacity: null });
    stop.abort();
    await board;
  });

  it('does not take an engine that hangs for one that is well, and goes on to look at the ledger', async () => {
    world = await startWorld();
    await begin();
    const control = controlOf(1);
    const stop = new AbortController();
    const board = control.board.run(stop.signal);
    await world.clock.advance(3000);
    const { engine } = world.node(1);
    engine.fault({ operation: 'listContainers', hangs: true, times: 1000 });
    await world.clock.advance(9000);
    expect(control.readiness().waitsFor).toEqual([expect.stringMatching(/^engine: .*no answer within/)]);
    expect(control.status()).toMatchObject({ ready: false, capacity: null });
    const asked = engine.faults.count('listContainers');
    await run(controlOf(2).clusters.cordon(true));
    await world.clock.advance(9000);
    expect(control.status().ledgerHeight).toBe(world.channel.height);
    // What hangs is not asked again meanwhile.
    expect(engine.faults.count('listContainers')).toBe(asked);
    engine.faults.clear();
    await world.clock.advance(60_000);
    await world.clock.advance(10_000);
    expect(control.status()).toMatchObject({ ready: true });
    stop.abort();
    await board;
  });

  it('tells the step that failed last, over a restart too', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    expect(controlOf(1).status().lastError).toBeNull();
    const code = 'BLOSM_E_REGISTRY';
    const fails = new BlosmError(code, 'the registry is full', { stage: 'push' });
    world.node(1).engine.fault({ operation: 'pushImage', fails, times: 2 });
    await run(controlOf(1).migrations.start(order(instanceId, { to: 'edge2' })));
    await untilCompleted();
    const { lastError } = StatusView.parse(controlOf(1).status());
    expect(lastError).toMatchObject({ code, message: `push of ${instanceId}: the registry is full` });
    expect(lastError?.atMs).toBeLessThanOrEqual(world.clock.nowMs());
    world.crash(1);
    await world.restart(1);
    expect(controlOf(1).status().lastError).toEqual(lastError);
  });

  it('says that an agent is not registered or has not caught up', async () => {
    world = await startWorld();
    world.crash(1);
    world.channel.ordererRunning = false;
    await world.restart(1);
    await world.clock.advance(1000);
    expect(controlOf(1).readiness().waitsFor).toEqual(['the own peer has not caught up with the orderer yet']);
  });
});

describe('an operator of a cluster that changes', () => {
  it('cordons it, and it takes nothing new until that is taken back', async () => {
    world = await startWorld();
    const control = controlOf(1);
    expect(ClusterView.parse(await run(control.clusters.cordon(true)))).toMatchObject({ cordoned: true, isSelf: true });
    await world.until('the agent has heard it', () => world.agent(1).cache.isCordoned());
    const passedOn = await begin();
    expect(passedOn).toMatchObject({ status: 200, hops: ['Edge1MSP', 'Edge2MSP'] });
    await run(control.clusters.cordon(false));
    await world.until('the agent has heard it', () => !world.agent(1).cache.isCordoned());
    expect(await world.request(1, { deviceId: 'car-2', position: nearNode(1) })).toMatchObject({ hops: ['Edge1MSP'] });
  });

  it('finds that a cordoned cluster confirms, and says false', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    await run(controlOf(2).clusters.cordon(true));
    await world.until('the agent has heard it', () => world.agent(2).cache.isCordoned());
    const { migrationId } = await run(controlOf(1).migrations.start(order(instanceId, { to: 'edge2' })));
    await world.until('it has ended', async () => (await world.migrations())[0]?.state === 'ABORTED');
    const detail = await run(controlOf(1).migrations.get(migrationId));
    expect(detail.confirmations).toHaveLength(3);
    const answer = detail.evaluations.find(({ nodeId }) => nodeId === 'Edge2MSP');
    expect(answer).toMatchObject({ verdict: false, reasons: [expect.stringContaining('cordoned')] });
  });

  it('leaves once nothing is owned', async () => {
    world = await startWorld();
    await begin();
    await expect(run(controlOf(1).clusters.leave())).rejects.toMatchObject({ code: 'BLOSM_E_OWNS_INSTANCES' });
    await run(controlOf(3).clusters.leave());
    await world.until('the others know', () => world.agent(1).cache.nodesNow().length === 2);
  });
});

describe('an operator whose instance is lost', () => {
  it('starts it anew from its image, by a plain word', async () => {
    world = await startWorld();
    const { instanceId, token } = await begin();
    const engine = world.node(1).engine;
    for (const { containerId } of await engine.listContainers('Edge1MSP')) await engine.removeContainer(containerId);
    await world.until('the loss is seen', async () => (await world.request(1, { token })).status === 503);
    expect(await world.request(1, { token })).toMatchObject({ status: 503 });
    const recovered = await run(controlOf(1).instances.recover(instanceId, { acceptLoss: true, from: null }));
    expect(InstanceView.parse(recovered)).toMatchObject({ epoch: 2, recoveredFrom: 'image', ownerName: 'edge1' });
    expect(await world.request(1, { token })).toMatchObject({ status: 200, count: 1 });
  });

  it.each<[string, (engine: FakeEngine) => void]>([
    ['is down', (engine) => engine.crash()],
    ['hangs', (engine) => engine.fault({ operation: 'listContainers', hangs: true, times: 1000 })],
  ])('is told of what the ledger says while the engine %s', async (_what, breaks) => {
    world = await startWorld();
    const { instanceId } = await begin();
    breaks(world.node(1).engine);
    // What the engine has told of its containers is believed for 5 s.
    await world.clock.advance(6000);
    const { instances } = controlOf(1);
    const fromMs = world.clock.nowMs();
    expect(await run(instances.list({ limit: 10 }))).toMatchObject([{ instanceId, container: null }]);
    expect(await run(instances.get(instanceId))).toMatchObject({ instanceId, container: null });
    const recovered = await run(instances.recover(instanceId, { acceptLoss: true, from: 'image' }));
    expect(recovered).toMatchObject({ epoch: 2, ownerName: 'edge1', container: null });
    expect(world.clock.nowMs() - fromMs).toBeLessThan(3 * 6000);
  });

  it('is told when there is no copy to start', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const recovery = controlOf(2).instances.recover(instanceId, { acceptLoss: true, from: 'copy' });
    await expect(run(recovery)).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });
});

describe('removing', () => {
  it('an instance ends what runs, then its record, then its container', async () => {
    world = await startWorld();
    const { instanceId, token } = await begin();
    const running = world.send(1, { token, takesMs: 1500 });
    await world.clock.advance(100);
    const removing = controlOf(1).instances.remove(instanceId);
    await world.clock.advance(200);
    expect(await world.instances()).toHaveLength(1);
    expect(InstanceView.parse(await run(removing))).toMatchObject({ instanceId, container: null });
    expect(await run(running)).toMatchObject({ status: 200 });
    await world.until('its container is gone', () => world.containersOn(instanceId).length === 0);
    expect(await world.request(1, { token })).toMatchObject({ status: 410 });
    await expect(run(controlOf(1).instances.remove(instanceId))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('an instance of another cluster, or one that moves, is refused', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const byOther = controlOf(2).instances.remove(instanceId);
    await expect(run(byOther)).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_OWNER',
      message: expect.stringMatching(/belongs to edge1: ask its agent/) as string,
    });
    const { migrationId } = await run(controlOf(1).migrations.start(order(instanceId, { to: 'edge2' })));
    await expect(run(controlOf(1).instances.remove(instanceId))).rejects.toMatchObject({
      code: 'BLOSM_E_MIGRATION_OPEN',
      message: expect.stringMatching(migrationId) as string,
    });
    await untilCompleted();
    expect(await world.instances()).toHaveLength(1);
  });

  it('an instance is decided once it is asked for: a ledger that is off delays it, and a restart does not forget', async () => {
    world = await startWorld();
    const { instanceId, token } = await begin();
    world.channel.ordererRunning = false;
    const removal = controlOf(1).instances.remove(instanceId, { timeoutMs: 2000 });
    await expect(run(removal)).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    const lane = world.agent(1).lanes.ensure(instanceId);
    await expect(run(world.agent(1).mover.start(lane, 'operator', 'registry', null))).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
    });
    expect(await world.request(1, { token })).toMatchObject({ status: 503 });
    world.crash(1);
    await world.restart(1);
    world.channel.ordererRunning = true;
    await world.until('it is removed', async () => (await world.instances()).length === 0);
    await world.until('its container is gone', () => world.containersOn(instanceId).length === 0);
  });

  it('a service is refused while it has instances, and then it is gone for all', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const remove = (): Promise<unknown> => run(controlOf(1).services.remove('counter'));
    await expect(remove()).rejects.toMatchObject({ code: 'BLOSM_E_OWNS_INSTANCES' });
    await run(controlOf(1).instances.remove(instanceId));
    expect(ServiceView.parse(await remove())).toMatchObject({ serviceId: 'counter', registeredByName: 'edge1' });
    await world.clock.advance(1000);
    for (const at of [1, 2]) expect(await world.request(at, { deviceId: 'car-2' })).toMatchObject({ status: 404 });
    const history = LedgerHistoryView.parse(await run(controlOf(2).ledger.history('service', 'counter')));
    expect(history.entries.map(({ deleted }) => deleted)).toEqual([true, false]);
  });
});
