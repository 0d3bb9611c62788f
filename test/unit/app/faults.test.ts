import { BlosmError, type ErrorCode } from '../../../chaincode/src/model';
import type { EngineOperation } from '../../fakes/engine';
import { nearNode, startWorld, type World } from '../../support/agents';
import { expectInvariants, isEnded } from '../../support/invariants';
import type { Answer } from '../../support/world-devices';

/** Named faults of what a migration needs, under load; `property/agent/faults.test.ts` has those of whole machines. */

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

async function begin(): Promise<Answer> {
  world = await startWorld({ warmUpMs: 20 });
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

/** The device is at the second cluster from now on, and writes at both. */
const drive = ({ token }: Answer): Answer[] =>
  world.startTraffic([2, 1], { token, position: nearNode(2), takesMs: 10 }, 150);

async function untilMoved({ instanceId }: Answer): Promise<void> {
  const hasEnded = async (): Promise<boolean> => (await world.migrations()).length > 0 && isEnded(world, instanceId);
  await world.until('its first migration has ended', hasEnded);
}

interface Case {
  readonly what: string;
  readonly at: 1 | 2;
  readonly operation: EngineOperation;
  readonly code: ErrorCode;
  readonly says: string;
  /** For ever when left out. */
  readonly times?: number;
  /** What the first migration comes to. */
  readonly ends: RegExp | 'COMPLETED';
}

const CASES: readonly Case[] = [
  {
    what: 'a registry that is full',
    at: 1,
    operation: 'pushImage',
    code: 'BLOSM_E_NO_SPACE',
    says: 'no space left on device',
    ends: /^push: .*no space left/,
  },
  {
    what: 'a registry that answers 500 for a moment',
    at: 1,
    operation: 'pushImage',
    code: 'BLOSM_E_REGISTRY',
    says: '500 Internal Server Error',
    times: 3,
    ends: 'COMPLETED',
  },
  {
    what: 'a registry that answers 500 to every push',
    at: 1,
    operation: 'pushImage',
    code: 'BLOSM_E_REGISTRY',
    says: '500 Internal Server Error',
    ends: /^push: .*500/,
  },
  {
    what: 'a registry that answers 500 to every pull',
    at: 2,
    operation: 'pullImage',
    code: 'BLOSM_E_REGISTRY',
    says: '500 Internal Server Error',
    ends: /^destination: pull: .*500/,
  },
  {
    what: 'an image that was altered on the way',
    at: 2,
    operation: 'pullImage',
    code: 'BLOSM_E_IMAGE_MISMATCH',
    says: 'filesystem layer verification failed',
    ends: /^destination: pull: .*verification failed/,
  },
  {
    what: 'an engine of the source without room for the commit',
    at: 1,
    operation: 'commitContainer',
    code: 'BLOSM_E_NO_SPACE',
    says: 'no space left on device',
    ends: /^commit: .*no space left/,
  },
  {
    what: 'an engine of the destination without room for the image',
    at: 2,
    operation: 'pullImage',
    code: 'BLOSM_E_NO_SPACE',
    says: 'no space left on device',
    ends: /^destination: pull: .*no space left/,
  },
  {
    what: 'an engine of the destination without room for the container',
    at: 2,
    operation: 'createContainer',
    code: 'BLOSM_E_NO_SPACE',
    says: 'no space left on device',
    ends: /^destination: create: .*no space left/,
  },
  {
    what: 'an engine that loses the answer to a commit that it has made',
    at: 1,
    operation: 'commitContainer',
    code: 'BLOSM_E_ENGINE_UNREACHABLE',
    says: 'socket hang up',
    times: 1,
    ends: 'COMPLETED',
  },
];

it.each(CASES)('$what: the invariants hold, and it is told why', async (one) => {
  const { at, operation, code, says, times = Infinity, ends } = one;
  const device = await begin();
  const fails = new BlosmError(code, says, { stage: 'engine' });
  const mend = world
    .node(at)
    .engine.fault({ operation, fails, times, afterEffect: code === 'BLOSM_E_ENGINE_UNREACHABLE' });
  drive(device);
  await untilMoved(device);
  const [migration] = await world.migrations();
  if (ends === 'COMPLETED') expect(migration?.state).toBe('COMPLETED');
  else expect(`${migration?.abort?.stage ?? ''}: ${migration?.abort?.reason ?? ''}`).toMatch(ends);
  mend();
  await expectInvariants(world, device);
});

describe('a container', () => {
  it('that never becomes healthy at the destination: the source serves on, and nothing is left', async () => {
    const device = await begin();
    world.node(2).engine.sickServices.add('counter');
    drive(device);
    await untilMoved(device);
    expect((await world.migrations())[0]?.abort?.reason).toMatch(/^warm: .*no 2xx/);
    await world.until('the copy is gone', () => world.node(2).engine.containers.size === 0);
    world.node(2).engine.sickServices.clear();
    await expectInvariants(world, device);
  });

  it('that exits at once at the destination: the source serves on, and is told the exit code', async () => {
    const device = await begin();
    world.node(2).engine.endsAtOnce.set('counter', 3);
    drive(device);
    await untilMoved(device);
    expect((await world.migrations())[0]?.abort?.reason).toMatch(/exit code 3/);
    world.node(2).engine.endsAtOnce.clear();
    await expectInvariants(world, device);
  });

  it('that ends by itself is started again while the next request waits: none is refused', async () => {
    const device = await begin();
    const { engine } = world.node(1);
    engine.crash();
    engine.isDown = false;
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    await expectInvariants(world, device);
  });

  it('that ignores SIGTERM is killed after its grace, and moves with all it has acknowledged', async () => {
    const device = await begin();
    const { engine } = world.node(1);
    engine.ignoresStop.add('counter');
    drive(device);
    await untilMoved(device);
    expect(engine.killed).toBe(1);
    expect((await world.migrations())[0]?.state).toBe('COMPLETED');
    await expectInvariants(world, device);
  });
});

describe('a full disk', () => {
  const isDown = (): boolean => world.agent(1).journal.failure !== null;

  it('keeps nobody from being served, begins nothing, and is told; with room again it goes on by itself', async () => {
    const device = await begin();
    world.node(1).fillDisk();
    const lane = world.agent(1).lanes.ensure(device.instanceId);
    const order = world.agent(1).mover.start(lane, 'operator', 'registry', null);
    await expect(order).rejects.toMatchObject({
      code: 'BLOSM_E_JOURNAL',
      message: expect.stringContaining('no space left') as string,
    });
    expect(isDown()).toBe(true);
    for (let turn = 0; turn < 10; turn += 1) {
      await world.clock.advance(5000);
      expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    }
    expect(await world.migrations()).toEqual([]);
    world.node(1).makeRoom();
    drive(device);
    await untilMoved(device);
    expect(isDown()).toBe(false);
    await expectInvariants(world, device);
  });

  it('does not keep a container that ended from being started again', async () => {
    const device = await begin();
    world.node(1).fillDisk();
    const { engine } = world.node(1);
    engine.crash();
    engine.isDown = false;
    await world.until('it is served', async () => (await world.request(1, { token: device.token })).status === 200);
    world.node(1).makeRoom();
    await expectInvariants(world, device);
  });

  it('in the midst of a migration gives the instance back to the source without waiting for room', async () => {
    const device = await begin();
    const node = world.node(1);
    node.onAppend = (_append, { kind, name }) => {
      if (kind === 'step-begun' && name === 'commit') node.fillDisk();
    };
    drive(device);
    const answers = async (): Promise<boolean> => (await world.request(1, { token: device.token })).status === 200;
    await world.until('it is closed', async () => !(await answers()));
    await world.until('the source serves again', answers, 60_000);
    expect((await world.migrations())[0]).toMatchObject({ state: 'ABORTED', abort: { stage: 'commit' } });
    node.onAppend = null;
    node.makeRoom();
    await expectInvariants(world, device);
  });

  it('of a destination is a refusal of the pick: the source serves on', async () => {
    const device = await begin();
    world.node(2).fillDisk();
    drive(device);
    await untilMoved(device);
    expect((await world.migrations())[0]).toMatchObject({ state: 'ABORTED', abort: { stage: 'evaluate' } });
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    world.node(2).makeRoom();
    await expectInvariants(world, device);
  });
});
