import { getEventListeners } from 'node:events';
import { InstanceJournal } from '../../../agent/app/instance-journal';
import { withSharedLists } from '../../../agent/app/shared-lists';
import { BlosmError } from '../../../chaincode/src/model';
import { FakeEngine } from '../../fakes/engine';
import { FakeJournal } from '../../fakes/journal';
import { FakeRegistry } from '../../fakes/registry';
import { VirtualClock } from '../../fakes/virtual-clock';
import { nearNode, startWorld } from '../../support/agents';
import { expectInvariants } from '../../support/invariants';

jest.setTimeout(60_000);

const DAY_MS = 86_400_000;

describe('the journal of an agent that runs for a long time', () => {
  const migrate = async (journal: InstanceJournal, instanceId: string, migrationId: string): Promise<void> => {
    await journal.appendFact(instanceId, migrationId, 'intent', { migrationId });
    for (let step = 0; step < 8; step += 1) {
      const entry = { instanceId, migrationId, name: 'warm', detail: null } as const;
      await journal.append({ ...entry, kind: 'step-begun' });
      await journal.append({ ...entry, kind: 'step-done' });
    }
    await journal.appendFact(instanceId, migrationId, 'closed', {});
  };

  it('does not grow with the migrations that have ended, in memory and on the disk', async () => {
    const clock = new VirtualClock();
    const file = new FakeJournal();
    const journal = new InstanceJournal(file, clock, { forMs: DAY_MS, entries: 200 }, 100);
    await journal.appendFact('i-open', 'm-open', 'intent', { migrationId: 'm-open' });
    for (let turn = 0; turn < 300; turn += 1) {
      await migrate(journal, `i-${turn}`, `m-${turn}`);
      await clock.advance(DAY_MS / 24);
      await journal.compactIfDue(new Set([`i-${turn}`]));
    }
    expect(file.length).toBeLessThan(500);
    expect(journal.unfinished()).toEqual(['i-open']);
    expect(journal.entriesOf('m-open')).toHaveLength(1);
    expect(journal.entriesOf('m-299')).toHaveLength(18);
    expect(journal.entriesOf('m-0')).toEqual([]);
    const again = new InstanceJournal(file, clock);
    await again.load();
    expect(again.unfinished()).toEqual(['i-open']);
    expect(again.factsOf('i-299')).toEqual(journal.factsOf('i-299'));
  });

  it('stays as it is when it cannot be rewritten, and is not rewritten before it is worth it', async () => {
    const clock = new VirtualClock();
    const file = new FakeJournal();
    const journal = new InstanceJournal(file, clock, { forMs: 1000, entries: 1000 }, 40);
    await migrate(journal, 'i-1', 'm-1');
    expect(await journal.compactIfDue(new Set())).toBe(0);
    await migrate(journal, 'i-2', 'm-2');
    await migrate(journal, 'i-3', 'm-3');
    await clock.advance(5000);
    file.isFull = true;
    await expect(journal.compactIfDue(new Set())).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
    expect(journal.entriesOf('m-1')).toHaveLength(18);
    file.isFull = false;
    expect(await journal.compactIfDue(new Set())).toBe(54);
    expect(file.length).toBe(0);
  });

  it('keeps what comes while it is rewritten, also when the clock was set back meanwhile', async () => {
    let nowMs = 10 * DAY_MS;
    const clock = { nowMs: () => (nowMs += 10), sleep: () => Promise.resolve() };
    const file = new FakeJournal();
    const journal = new InstanceJournal(file, clock, { forMs: 1000, entries: 20 }, 40);
    for (let turn = 0; turn < 4; turn += 1) await migrate(journal, `i-${turn}`, `m-${turn}`);
    nowMs -= DAY_MS;
    const compact = file.compact.bind(file);
    jest.spyOn(file, 'compact').mockImplementation(async (keep) => {
      await journal.appendFact('i-new', 'm-new', 'intent', { migrationId: 'm-new' });
      await compact(keep);
    });
    expect(await journal.compactIfDue(new Set())).toBeGreaterThan(0);
    expect(journal.unfinished()).toEqual(['i-new']);
    const again = new InstanceJournal(file, clock);
    await again.load();
    expect(again.unfinished()).toEqual(['i-new']);
  });

  it('is rewritten in the midst of migrations, and over a restart nothing is missing', async () => {
    const world = await startWorld({ warmUpMs: 20 });
    const device = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    world.startTraffic([2, 1], { token: device.token, position: nearNode(2), takesMs: 10 }, 150);
    for (const number of [1, 2]) {
      const node = world.node(number);
      // At each entry, as if each were the one that makes it due: nothing that is open or here may be missing.
      node.onAppend = () => {
        const { journal, lanes } = node.agent;
        Reflect.set(journal, 'minEntries', 0);
        Reflect.set(journal, 'keptLast', 0);
        Reflect.set(journal, 'retention', { forMs: -1, entries: 0 });
        void journal.compactIfDue(new Set(lanes.all().map((lane) => lane.instanceId)));
      };
    }
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    for (const number of [1, 2]) {
      world.crash(number);
      await world.restart(number);
    }
    await expectInvariants(world, device);
    await world.end();
  });
});

describe('the signal that ends with the agent', () => {
  it('has as many listeners after ten minutes with a migration as before them', async () => {
    const world = await startWorld({ warmUpMs: 20 });
    const { token } = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const listeners = () =>
      [1, 2].map((number) => {
        const { signal } = Reflect.get(world.agent(number), 'stopping') as AbortController;
        return getEventListeners(signal, 'abort').length;
      });
    await world.clock.advance(60_000);
    const before = listeners();
    expect(Math.min(...before)).toBeGreaterThan(0);
    await world.request(2, { token, position: nearNode(2) });
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    await world.clock.advance(600_000);
    // The lane has gone from one to the other.
    const [source = 0, destination = 0] = listeners();
    expect(source + destination).toBeLessThanOrEqual((before[0] ?? 0) + (before[1] ?? 0) + 2);
    await world.end();
  });
});

describe('the lists of an engine that many lanes look at', () => {
  const stage = () => {
    const clock = new VirtualClock();
    const engine = new FakeEngine({ clock, registry: new FakeRegistry() });
    return { clock, engine, shared: withSharedLists(engine, clock).engine };
  };

  it('are asked for once for all who look at the same time', async () => {
    const { clock, engine, shared } = stage();
    await Promise.all(Array.from({ length: 100 }, () => shared.listContainers('Edge1MSP')));
    await Promise.all(Array.from({ length: 100 }, () => shared.listImages()));
    expect([engine.faults.count('listContainers'), engine.faults.count('listImages')]).toEqual([1, 1]);
    await shared.listContainers('Edge2MSP');
    expect(engine.faults.count('listContainers')).toBe(2);
    await clock.advance(10_000);
    await shared.listContainers('Edge1MSP');
    expect(engine.faults.count('listContainers')).toBe(3);
  });

  it('show an own change at once, also to who asked while it was under way', async () => {
    const { engine, shared } = stage();
    engine.addImage('a');
    expect(await shared.listImages()).toHaveLength(1);
    const tagging = shared.removeImage('a');
    await shared.listImages();
    await tagging;
    expect(await shared.listImages()).toEqual([]);
  });

  it('that could not be had are asked for again, and one who stops waiting keeps nobody else from them', async () => {
    const { engine, shared } = stage();
    engine.fault({ operation: 'listImages', fails: new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'gone') });
    await expect(shared.listImages()).rejects.toMatchObject({ code: 'BLOSM_E_ENGINE_UNREACHABLE' });
    const hasty = new AbortController();
    const [stopped, waited] = [shared.listImages({ signal: hasty.signal }), shared.listImages()];
    hasty.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    expect(await waited).toEqual([]);
    await expect(shared.listImages({ signal: hasty.signal })).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });

  it('are few however many instances there are', async () => {
    const world = await startWorld({ warmUpMs: 20 });
    for (let car = 0; car < 6; car += 1) await world.request(1, { deviceId: `car-${car}`, position: nearNode(1) });
    const { engine } = world.node(1);
    const before = engine.faults.count('listContainers');
    await world.clock.advance(60_000);
    // Six lanes look every 5 s: as many lists as if there were one.
    expect(engine.faults.count('listContainers') - before).toBeLessThan(60);
    await world.end();
  });
});
