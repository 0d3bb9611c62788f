import { AgentControl } from '../../../agent/app/control/control-service';
import { MigrationExplanationView, MigrationOrder, MigrationOutcomeView } from '../../../agent/ports/control';
import { BlosmError } from '../../../chaincode/src/model';
import type { EngineOperation } from '../../fakes/engine';
import { nearNode, startWorld, type World } from '../../support/agents';
import { expectInvariants } from '../../support/invariants';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const controlOf = (number: number): AgentControl =>
  new AgentControl(world.agent(number), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });
const run = <T>(answer: Promise<T>): Promise<T> => world.clock.runUntil(answer);
const stateOf = async (): Promise<string | undefined> => (await world.migrations()).at(-1)?.state;

/** An instance at the first cluster that has counted, with a device between the first two. */
async function begin(): Promise<Answer> {
  world = await startWorld({ warmUpMs: 20 });
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1, 300) });
  return world.request(1, { token: first.token, position: nearNode(1, 300) });
}

async function startTo(to: string, { instanceId }: Answer): Promise<string> {
  const order = MigrationOrder.parse({ instanceId, to });
  const { migrationId } = await run(controlOf(1).migrations.start(order));
  return migrationId;
}

/** Holds a step up for ten minutes, and gives the migration that it belongs to once it has begun. */
async function stuckAt(number: 1 | 2, operation: EngineOperation, device: Answer): Promise<string> {
  const { engine } = world.node(number);
  engine.fault({ operation, takesMs: 600_000, times: 100 });
  const before = engine.faults.count(operation);
  const migrationId = await startTo('edge2', device);
  await world.until(`${operation} has begun`, () => engine.faults.count(operation) > before);
  engine.faults.clear();
  return migrationId;
}

describe('migration cancel', () => {
  it.each<[1 | 2, EngineOperation]>([
    [1, 'stopContainer'],
    [1, 'commitContainer'],
    [1, 'pushImage'],
    [2, 'pullImage'],
  ])(
    'while cluster %d is at %s ends it at once: the service stays at the source and is served there',
    async (at, operation) => {
      const device = await begin();
      const migrationId = await stuckAt(at, operation, device);
      const fromMs = world.clock.nowMs();
      const outcome = MigrationOutcomeView.parse(await run(controlOf(1).migrations.cancel(migrationId)));
      expect(outcome).toMatchObject({
        state: 'ABORTED',
        abort: { stage: 'operator', reason: 'an operator has cancelled it' },
        runsAt: 'edge1',
        says: `${migrationId} is cancelled: counter stays at edge1 and is served there`,
      });
      expect(world.clock.nowMs() - fromMs).toBeLessThan(30_000);
      expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
      await expectInvariants(world, device);
    },
  );

  it('is carried out over a crash of the agent', async () => {
    const device = await begin();
    const migrationId = await stuckAt(1, 'pushImage', device);
    world.channel.ordererRunning = false;
    const cancel = controlOf(1).migrations.cancel(migrationId);
    cancel.catch(() => undefined);
    await world.clock.advance(500);
    world.crash(1);
    world.channel.ordererRunning = true;
    await world.restart(1);
    await world.until('it is aborted', async () => (await stateOf()) === 'ABORTED');
    expect((await world.migrations())[0]?.abort?.stage).toBe('operator');
    await expectInvariants(world, device);
  });

  it('after the hand-over is refused, with where the service runs', async () => {
    const device = await begin();
    const complete = world.channel.fault('hold', 'MigrationContract:Complete');
    const migrationId = await startTo('edge2', device);
    await world.until('it is handed over', () => complete.met);
    await expect(run(controlOf(1).migrations.cancel(migrationId))).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
      message: expect.stringContaining(`${migrationId} has been handed over: counter runs at edge2`) as string,
    });
    complete.release();
    await world.until('it is completed', async () => (await stateOf()) === 'COMPLETED');
    await expect(run(controlOf(1).migrations.cancel(migrationId))).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
      message: expect.stringContaining('has been completed: counter runs at edge2') as string,
      hint: expect.stringContaining('at edge2') as string,
    });
    await expectInvariants(world, device);
  });

  it('that meets the hand-over on its way tells what the ledger has decided', async () => {
    const device = await begin();
    const handOver = world.channel.fault('hold', 'MigrationContract:HandOver');
    const migrationId = await startTo('edge2', device);
    await world.until('the hand-over is on its way', () => handOver.met);
    const cancel = run(controlOf(1).migrations.cancel(migrationId, { timeoutMs: 120_000 }));
    const refused = expect(cancel).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
      message: expect.stringContaining('counter runs at edge2') as string,
    });
    handOver.release();
    await refused;
    await expectInvariants(world, device);
  });

  it('is the source’s: another cluster refuses with its name, and nothing changes', async () => {
    const device = await begin();
    const migrationId = await stuckAt(1, 'pushImage', device);
    await expect(run(controlOf(2).migrations.cancel(migrationId))).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_OWNER',
      message: expect.stringContaining('only edge1') as string,
    });
    expect(await stateOf()).toBe('PROPOSED');
  });

  it('of an order that cannot come to the ledger keeps it from being proposed later', async () => {
    const device = await begin();
    world.channel.ordererRunning = false;
    const order = MigrationOrder.parse({ instanceId: device.instanceId, to: 'edge2' });
    const lost = run(controlOf(1).migrations.start(order, { timeoutMs: 2000 }));
    await expect(lost).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    const [facts] = world.agent(1).journal.factsOf(device.instanceId).migrations;
    await expect(run(controlOf(1).migrations.cancel(facts?.migrationId ?? ''))).rejects.toMatchObject({
      message: expect.stringContaining(`will not be proposed: ${device.instanceId} stays at edge1`) as string,
    });
    world.channel.ordererRunning = true;
    await world.clock.advance(60_000);
    expect((await world.migrations()).map(({ state }) => state)).not.toContain('COMPLETED');
    await expectInvariants(world, device);
  });

  it('says so when the ledger does not decide in time', async () => {
    const device = await begin();
    const migrationId = await stuckAt(1, 'pushImage', device);
    world.channel.ordererRunning = false;
    const cancel = run(controlOf(1).migrations.cancel(migrationId, { timeoutMs: 3000 }));
    await expect(cancel).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    world.channel.ordererRunning = true;
    await world.until('it is aborted', async () => (await stateOf()) === 'ABORTED');
    await expectInvariants(world, device);
  });
});

describe('migration retry', () => {
  it('of an aborted one starts another at once, to the same destination', async () => {
    const device = await begin();
    const fails = new BlosmError('BLOSM_E_NO_SPACE', 'the registry is full', { stage: 'push' });
    world.node(1).engine.fault({ operation: 'pushImage', fails });
    const migrationId = await startTo('edge3', device);
    await world.until('it is aborted', async () => (await stateOf()) === 'ABORTED');
    const outcome = MigrationOutcomeView.parse(await run(controlOf(1).migrations.retry(migrationId)));
    expect(outcome).toMatchObject({ runsAt: 'edge1', trigger: 'operator', requestedDestination: 'Edge3MSP' });
    expect(outcome.says).toBe(
      `${outcome.migrationId} takes the place of ${migrationId}: until its hand-over counter runs at edge1`,
    );
    await world.until('it has moved', async () => (await world.instance(device.instanceId)).ownerNodeId === 'Edge3MSP');
    await expectInvariants(world, device);
  });

  it('of any other is refused, with where the service runs', async () => {
    const device = await begin();
    const migrationId = await stuckAt(1, 'pushImage', device);
    const retry = (number: number): Promise<unknown> => run(controlOf(number).migrations.retry(migrationId));
    await expect(retry(1)).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
      message: expect.stringContaining('until its hand-over counter belongs to edge1') as string,
    });
    await run(controlOf(1).migrations.cancel(migrationId));
    await expect(retry(2)).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_OWNER',
      message: expect.stringContaining('ask the agent of edge1') as string,
    });
    await expect(run(controlOf(1).migrations.retry('mig-none'))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });
});

describe('migration explain', () => {
  const explain = async (number: number, migrationId: string): Promise<MigrationExplanationView> =>
    MigrationExplanationView.parse(await run(controlOf(number).migrations.explain(migrationId)));

  it('tells what it waits for, since when and until when, and what can be done', async () => {
    const device = await begin();
    world.crash(3);
    const migrationId = await startTo('edge2', device);
    await world.clock.advance(5000);
    const told = await explain(1, migrationId);
    expect(told).toMatchObject({ state: 'PROPOSED', runsAt: 'edge1', lastError: null });
    expect(told.does).toMatch(/2 of 3 nodes confirmed; missing: edge3/);
    expect(told.sinceMs).toBeGreaterThan(told.proposedAtMs - 1000);
    expect(told.sinceMs).toBeLessThan(world.clock.nowMs() - 3000);
    expect(told.untilMs).toBe(told.proposedAtMs + 20_000);
    expect(told.advice).toEqual([`to keep the service at edge1: blosm migration cancel ${migrationId}`]);
    const elsewhere = await explain(2, migrationId);
    expect(elsewhere).toMatchObject({ does: null, sinceMs: null, untilMs: null });
    expect(elsewhere.advice[0]).toMatch(/ at edge1$/);
  });

  it('tells the last failure with its stage and the next attempt', async () => {
    const device = await begin();
    const fails = new BlosmError('BLOSM_E_REGISTRY', 'the registry answers 500', { stage: 'push' });
    world.node(1).engine.fault({ operation: 'pushImage', fails, times: 3 });
    const migrationId = await startTo('edge2', device);
    await world.until('a push has failed', () => world.node(1).engine.faults.count('pushImage') === 2);
    await world.clock.advance(100);
    const told = await explain(1, migrationId);
    expect(told.lastError).toMatchObject({ stage: 'push', code: 'BLOSM_E_REGISTRY' });
    expect(told.does).toMatch(/^push failed: .*answers 500/);
    expect(told.untilMs).toBeGreaterThan(world.clock.nowMs());
  });

  it('of an aborted one tells when the agent tries again by itself, which it does then, and not before', async () => {
    world = await startWorld({ warmUpMs: 20, settings: { backoffMs: 40_000 } });
    const device = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    world.crash(3);
    const leave = (): Promise<Answer> => world.request(1, { token: device.token, position: nearNode(2) });
    await world.until('it is proposed', async () => {
      await leave();
      return (await world.migrations()).length > 0;
    });
    const proposedAtMs = world.clock.nowMs();
    const { migrationId } = (await world.migrations())[0]!;
    await world.until('it is aborted', async () => (await stateOf()) === 'ABORTED');
    const count = async (): Promise<number> => (await world.migrations()).length;
    const next = async (): Promise<NonNullable<MigrationExplanationView['next']>> =>
      (await explain(1, migrationId)).next!;
    await world.until('it is cleaned up', async () => (await next()).positionFromMs !== null);
    const { says, positionFromMs, newsFromMs } = await next();
    expect(says).toMatch(/^with a new position of the device; sooner with news/);
    expect(Math.abs(positionFromMs! - proposedAtMs - 40_000)).toBeLessThan(2500);
    expect(positionFromMs! - newsFromMs!).toBe(30_000);
    expect((await explain(2, migrationId)).next).toBeNull();
    // No position, no attempt; nor is there news before the third cluster is suspended.
    const isSuspended = async (): Promise<boolean> =>
      (await world.node(1).ledger.query('NodeContract:Get', ['Edge3MSP'])).state === 'SUSPENDED';
    await world.until('the third is suspended', isSuspended, 120_000);
    await leave();
    await world.until('it is proposed again', async () => (await count()) === 2, 60_000);
    expect(world.clock.nowMs()).toBeGreaterThanOrEqual(newsFromMs!);
    const again = (await world.migrations()).find((one) => one.migrationId !== migrationId)!.migrationId;
    expect((await next()).says).toBe(`${again} has taken its place`);
  });

  it('of an aborted one tells why the agent does not try again', async () => {
    const device = await begin();
    const migrationId = await stuckAt(1, 'pushImage', device);
    await run(controlOf(1).migrations.cancel(migrationId));
    await world.until('it is cleaned up', () => world.agent(1).journal.unfinished().length === 0);
    await world.request(1, { token: device.token, position: nearNode(1) });
    const { next } = await explain(1, migrationId);
    const says = 'not by itself now: the device is inside its coverage, or hardly outside';
    expect(next).toEqual({ says, positionFromMs: null, newsFromMs: null });
  });

  it.each(['HANDED_OVER', 'COMPLETED', 'ABORTED'] as const)(
    'of one that is %s says where the service runs',
    async (state) => {
      const device = await begin();
      const complete = world.channel.fault('hold', 'MigrationContract:Complete');
      const migrationId = state === 'ABORTED' ? await stuckAt(1, 'pushImage', device) : await startTo('edge2', device);
      if (state === 'ABORTED') await run(controlOf(1).migrations.cancel(migrationId));
      else await world.until('it is handed over', () => complete.met);
      if (state === 'COMPLETED') complete.release();
      await world.until(state, async () => (await stateOf()) === state);
      const told = await explain(1, migrationId);
      const expected = {
        HANDED_OVER: ['edge2', /recover .* --accept-loss/],
        COMPLETED: ['edge2', /blosm migrate .* at edge2/],
        ABORTED: ['edge1', /blosm migration retry/],
      } as const;
      expect(told.runsAt).toBe(expected[state][0]);
      expect(told.says).toContain(`counter runs at ${expected[state][0]}`);
      expect(told.advice.join('\n')).toMatch(expected[state][1]);
    },
  );
});
