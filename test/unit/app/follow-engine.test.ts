import type { AgentContext } from '../../../agent/app/context';
import { EngineFollower } from '../../../agent/app/follow-engine';
import type { Lanes } from '../../../agent/app/lanes';
import { SharedContainers } from '../../../agent/app/shared-containers';
import { withSharedLists } from '../../../agent/app/shared-lists';
import type { Engine, EngineNews } from '../../../agent/ports/engine';
import { BlosmError } from '../../../chaincode/src/model';
import { FakeEngine } from '../../fakes/engine';
import { FakeLog } from '../../fakes/log';
import { FakeRandom } from '../../fakes/random';
import { FakeRegistry } from '../../fakes/registry';
import { settleTasks, VirtualClock } from '../../fakes/virtual-clock';
import { nearNode, startWorld, type World } from '../../support/agents';
import { containerOf, ME } from '../../support/lane-views';
import { RUN_SPEC } from '../../support/run-spec';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

const of = (instanceId: string, serviceId = 'counter'): EngineNews => ({
  kind: 'container',
  containerId: `c-${instanceId}`,
  owner: { nodeId: ME, serviceId, instanceId, migrationId: '' },
});

/** A follower of an engine in memory, with lanes that only count how often they are woken. */
function stage(changes: Partial<Engine> = {}) {
  const [clock, log, stop] = [new VirtualClock(), new FakeLog(), new AbortController()];
  const engine = new FakeEngine({ clock, registry: new FakeRegistry() });
  const listed: Engine = Object.assign(Object.create(engine) as Engine, changes);
  const lists = withSharedLists(listed, clock);
  const wakes = new Map<string, number>([
    ['i-1', 0],
    ['i-2', 0],
    ['i-3', 0],
  ]);
  const lanes = [...wakes.keys()].map((instanceId) => ({
    instanceId,
    wake: () => void wakes.set(instanceId, (wakes.get(instanceId) ?? 0) + 1),
  }));
  const shared = new SharedContainers(lists.engine, ME);
  const context = { engine: lists.engine, ledger: { nodeId: ME }, clock, log, random: new FakeRandom() };
  const follower = new EngineFollower({
    context: context as unknown as AgentContext,
    lists,
    lanes: { all: () => lanes, get: (id: string) => lanes.find((one) => one.instanceId === id) } as unknown as Lanes,
    shared,
  });
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) await follower.follow(stop.signal);
  };
  return { clock, log, engine, lists, wakes, shared, stop, run: run() };
}

const wakesOf = ({ wakes }: { readonly wakes: ReadonlyMap<string, number> }): number[] => [...wakes.values()];

/** A stream that a test writes: each item is told, an error breaks it off, and a silent one goes on for ever. */
function script(streams: readonly (readonly (EngineNews | Error)[])[]): Pick<Engine, 'watch'> & { opened: number } {
  const written = {
    opened: 0,
    async *watch(_nodeId: string, signal: AbortSignal): AsyncGenerator<EngineNews> {
      const items = streams[written.opened] ?? [];
      written.opened += 1;
      for (const item of items) {
        if (item instanceof Error) throw item;
        yield item;
      }
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
  return written;
}

const LOST = new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'the answer stopped before its end');
const WATCHING: EngineNews = { kind: 'watching' };

describe('news of the engine', () => {
  it('wake everyone at the beginning, then whom they concern', async () => {
    const scene = stage(script([[WATCHING, of('i-2'), of('nobody-here')]]));
    await settleTasks();
    expect(wakesOf(scene)).toEqual([1, 2, 1]);
    scene.stop.abort();
    await scene.run;
    expect(scene.log.lines).toEqual([]);
  });

  it('of a shared container wake all who use it', async () => {
    const scene = stage();
    scene.shared.adopt('i-1', 'detect');
    scene.shared.adopt('i-3', 'detect');
    await settleTasks();
    expect(wakesOf(scene)).toEqual([1, 1, 1]);
    scene.engine.addImage('base');
    await scene.engine.createContainer({ ...orderOf('detect'), nodeId: ME });
    await settleTasks();
    expect(wakesOf(scene)).toEqual([2, 1, 2]);
    scene.stop.abort();
    await scene.run;
  });

  it('that come twice or in the wrong order only cost a look, whose answer is what is so', async () => {
    const scene = stage(script([[WATCHING, of('i-1'), of('i-1'), of('i-2'), of('i-1')]]));
    await settleTasks();
    expect(wakesOf(scene)).toEqual([4, 2, 1]);
    expect(await scene.lists.engine.listContainers(ME)).toEqual([]);
    scene.stop.abort();
    await scene.run;
  });
});

describe('an engine that breaks off', () => {
  it('is listened to again, later each time, and told of once; everyone looks at each beginning', async () => {
    const written = script([[LOST], [LOST], [LOST], [WATCHING, of('i-1'), LOST], [WATCHING]]);
    const scene = stage(written);
    await settleTasks();
    expect(written.opened).toBe(1);
    const opened: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      await scene.clock.advance(250);
      opened.push(written.opened);
    }
    expect(new Set(opened)).toEqual(new Set([2, 3, 4, 5]));
    // The waits grow: the fourth took longer to come than the second and the third together.
    expect(opened.lastIndexOf(3) - opened.lastIndexOf(2)).toBeGreaterThan(opened.lastIndexOf(2));
    expect(wakesOf(scene)).toEqual([3, 2, 2]);
    const said = scene.log.lines.map(({ level, message }) => `${level}: ${message}`);
    expect(said.filter((one) => one.startsWith('warn'))).toEqual([
      'warn: the engine does not tell of its containers: until it does, they are looked at by time',
    ]);
    expect(said.filter((one) => one.startsWith('info'))).toHaveLength(2);
    scene.stop.abort();
    await scene.run;
  });

  it('after it has lasted is told of anew', async () => {
    const scene = stage();
    for (let turn = 0; turn < 2; turn += 1) {
      await scene.clock.advance(61_000);
      scene.engine.cutWatchers();
      await scene.clock.advance(1000);
      expect(scene.engine.watcherCount).toBe(1);
    }
    expect(scene.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
    scene.stop.abort();
    await scene.run;
    expect(scene.engine.watcherCount).toBe(0);
  });

  it('for good is looked at by time, with one line', async () => {
    const scene = stage();
    await settleTasks();
    scene.engine.fault({ operation: 'watch', fails: LOST, times: Infinity });
    scene.engine.cutWatchers();
    await scene.clock.advance(600_000);
    expect(scene.log.lines.map(({ level }) => level)).toEqual(['warn']);
    const before = scene.engine.faults.count('listContainers');
    for (let turn = 0; turn < 10; turn += 1) {
      await scene.lists.engine.listContainers(ME);
      await scene.clock.advance(600);
    }
    expect(scene.engine.faults.count('listContainers') - before).toBe(10);
    scene.stop.abort();
    await scene.clock.runUntil(scene.run);
  });
});

describe('the list of an engine that tells of its containers', () => {
  it('is good until it tells of one, or for five seconds', async () => {
    const scene = stage();
    await settleTasks();
    const { engine: shared } = scene.lists;
    const lists = (): number => scene.engine.faults.count('listContainers');
    for (let turn = 0; turn < 8; turn += 1) {
      await shared.listContainers(ME);
      await scene.clock.advance(600);
    }
    expect(lists()).toBe(1);
    await scene.clock.advance(600);
    await shared.listContainers(ME);
    expect(lists()).toBe(2);
    scene.lists.containersChanged();
    await shared.listContainers(ME);
    expect(lists()).toBe(3);
    scene.stop.abort();
    await scene.run;
  });

  it('is asked for one at a time in a storm, and the last answer is of after the last news', async () => {
    const state = { now: 0, atOnce: 0, most: 0, lists: 0 };
    const listContainers = async () => {
      state.lists += 1;
      state.atOnce += 1;
      state.most = Math.max(state.most, state.atOnce);
      const containerId = String(state.now);
      await settleTasks();
      state.atOnce -= 1;
      return [containerOf({ containerId })];
    };
    const scene = stage({ ...script([[WATCHING]]), listContainers });
    await settleTasks();
    const answers: Promise<unknown>[] = [];
    for (let news = 1; news <= 1000; news += 1) {
      state.now = news;
      scene.lists.containersChanged();
      answers.push(scene.lists.engine.listContainers(ME));
      if (news % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const last = scene.lists.engine.listContainers(ME);
    await Promise.all(answers);
    expect(await last).toEqual([containerOf({ containerId: '1000' })]);
    expect(state.most).toBe(1);
    expect(state.lists).toBeLessThan(20);
    scene.stop.abort();
    await scene.run;
  });

  it('is asked for beside one that the engine leaves without an answer', async () => {
    const scene = stage();
    await settleTasks();
    scene.engine.fault({ operation: 'listContainers', hangs: true });
    const hanging = scene.lists.engine.listContainers(ME).catch((error: unknown) => error);
    await scene.clock.advance(600);
    scene.lists.containersChanged();
    expect(await scene.lists.engine.listContainers(ME)).toEqual([]);
    await scene.clock.advance(60_000);
    expect(await hanging).toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    scene.stop.abort();
    await scene.run;
  });
});

describe('a container of a running agent', () => {
  let world: World;
  afterEach(() => world.end());

  /** The first cluster's agent, whose lanes hardly look by themselves, with the container of a device's instance. */
  async function begin() {
    world = await startWorld({ nodes: 1, warmUpMs: 20, settings: { resyncMs: 600_000 } });
    const device = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const { engine } = world.node(1);
    const [container] = [...engine.containers.values()];
    if (container === undefined) throw new Error('there is no container');
    await world.clock.advance(5000);
    return { device, engine, container };
  }

  it('that ends is started again at once, without a request and without a look by time', async () => {
    const { engine, container } = await begin();
    engine.kill(container.id);
    await world.clock.advance(100);
    expect(container.state).toBe('running');
  });

  it('that ends while the engine is not listened to is seen at the next beginning', async () => {
    const { engine, container } = await begin();
    engine.crash();
    await world.clock.advance(5000);
    expect(container.state).toBe('exited');
    engine.isDown = false;
    await world.until('it runs again', () => container.state === 'running', 11_000);
  });

  it('that ends again and again is started later each time, and keeps the journal short', async () => {
    const { engine, container } = await begin();
    const node = world.node(1);
    const before = node.appends;
    for (let turn = 0; turn < 600; turn += 1) {
      await world.clock.advance(100);
      const isServed = world.agent(1).lanes.all()[0]?.mode?.kind === 'serve';
      if (isServed) engine.kill(container.id, 3);
    }
    // A minute: at once, after 0.5, 1, 2, 4, 8, 16 and 30 s, with four entries for each start.
    expect(node.appends - before).toBeLessThanOrEqual(8 * 4);
    expect(node.appends - before).toBeGreaterThanOrEqual(6 * 4);
    await world.until('it has been started once more', () => container.state === 'running', 60_000);
    await world.clock.advance(20_000);
    engine.kill(container.id);
    await world.clock.advance(100);
    expect(container.state).toBe('running');
  });
});

function orderOf(serviceId: string) {
  return {
    ...{ nodeId: ME, serviceId, instanceId: '', migrationId: '', name: serviceId, image: 'base', gpuRuntime: '' },
    spec: RUN_SPEC,
    promised: { memoryBytes: 1, cpuMillis: 1, gpuMillis: 0, diskBytes: 1 },
  };
}
