import { ActivityBook } from '../../../agent/app/activity';
import type { AgentContext } from '../../../agent/app/context';
import { InstanceJournal } from '../../../agent/app/instance-journal';
import { Lanes } from '../../../agent/app/lanes';
import { LedgerCache } from '../../../agent/app/ledger-cache';
import { LaneObserver } from '../../../agent/app/observe-lane';
import { Promises } from '../../../agent/app/promises';
import { SharedContainers, type SharedLook } from '../../../agent/app/shared-containers';
import { SpecLibrary } from '../../../agent/app/spec-library';
import { Troubles } from '../../../agent/app/troubles';
import type { Ledger } from '../../../agent/ports/ledger';
import type { Peers } from '../../../agent/ports/peers';
import { BlosmError, type InstanceRecord, type RunSpec } from '../../../chaincode/src/model';
import { digestOf } from '../../../agent/app/hashing';
import { FakeEngine } from '../../fakes/engine';
import { FakeJournal, FakeStore } from '../../fakes/journal';
import { FakeLog } from '../../fakes/log';
import { FakeRegistry } from '../../fakes/registry';
import { VirtualClock } from '../../fakes/virtual-clock';
import { worldSettings } from '../../support/agents';
import {
  containerOf,
  instanceRecord,
  ME,
  migrationRecord,
  nodeRecord,
  OTHER,
  serviceRecord,
  troubleWith,
  viewOf,
} from '../../support/lane-views';
import { RUN_SPEC } from '../../support/run-spec';

const clock = new VirtualClock();

/** A ledger whose answers a test writes: each call of a function takes the next of its answers, the last one stays. */
function scripted(answers: Readonly<Record<string, readonly unknown[]>>): Ledger {
  const left = new Map(Object.entries(answers).map(([name, list]) => [name, [...list]]));
  const query = (name: string): Promise<unknown> => {
    const list = left.get(name) ?? [];
    const answer = list.length > 1 ? list.shift() : list[0];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? []);
  };
  return { nodeId: ME, query } as unknown as Ledger;
}

function observerOf(ledger: Ledger): LaneObserver {
  const engine = new FakeEngine({ clock, registry: new FakeRegistry() });
  const context = { ledger, engine, clock, settings: worldSettings(1) } as unknown as AgentContext;
  const journal = new InstanceJournal(new FakeJournal(), clock);
  const specs = new SpecLibrary(ME, {} as Peers, new FakeStore(), new FakeLog());
  return new LaneObserver(context, new LedgerCache(ledger), journal, specs, new SharedContainers(engine, ME));
}

const MEMORY = { position: null, healthy: new Set<string>(), trouble: null, fresh: true, idleSinceMs: 0, shut: false };

describe('a look at the ledger', () => {
  const before = instanceRecord({ ownerNodeId: OTHER, openMigrationId: 'm-1' });
  const after = instanceRecord({ ownerNodeId: ME, epoch: 2, openMigrationId: 'm-1' });
  const handedOver = migrationRecord({ sourceNodeId: OTHER, destinationNodeId: ME, state: 'HANDED_OVER' });
  const rest = { 'NodeContract:List': [[nodeRecord(1)]], 'ServiceContract:Get': [serviceRecord()] };

  it('shows the instance and its migration as they were at one moment', async () => {
    const ledger = scripted({
      ...rest,
      'InstanceContract:Get': [before, after],
      'MigrationContract:Get': [handedOver],
    });
    const view = await observerOf(ledger).observe('i-1', MEMORY, false);
    expect(view).toMatchObject({ instance: { ownerNodeId: ME }, migration: { record: { state: 'HANDED_OVER' } } });
  });

  it('shows no migration when it ended meanwhile', async () => {
    const ended: InstanceRecord = { ...after, openMigrationId: null };
    const completed = { ...handedOver, state: 'COMPLETED' };
    const ledger = scripted({
      ...rest,
      'InstanceContract:Get': [after, ended],
      'MigrationContract:Get': [completed],
    });
    expect(await observerOf(ledger).observe('i-1', MEMORY, false)).toMatchObject({ migration: null, instance: ended });
  });

  it('fails when nothing stands still', async () => {
    const changing = Array.from({ length: 20 }, (_, index) => ({ ...before, updatedAtMs: index }));
    const ledger = scripted({ ...rest, 'InstanceContract:Get': changing, 'MigrationContract:Get': [handedOver] });
    await expect(observerOf(ledger).observe('i-1', MEMORY, false)).rejects.toMatchObject({
      code: 'BLOSM_E_LEDGER_INVALIDATED',
    });
  });
});

describe('lanes', () => {
  it('begin anew for news that come while the last one ends', async () => {
    const looks: string[] = [];
    const observer = {
      observe: (instanceId: string) => {
        looks.push(instanceId);
        return Promise.resolve(viewOf({ instance: null, containers: [] }));
      },
    } as unknown as LaneObserver;
    const journal = new InstanceJournal(new FakeJournal(), clock);
    const context = { clock, settings: worldSettings(1), log: new FakeLog() } as unknown as AgentContext;
    const execute = (): Promise<unknown> => Promise.reject(new Error('nothing is to be done'));
    const activities = new ActivityBook(new FakeStore(), clock, context.log);
    const parts = { context, observer, journal, execute, activities, isFresh: () => true };
    const lanes = new Lanes(parts, new AbortController().signal);
    const first = lanes.ensure('i-1');
    expect(lanes.ensure('i-1')).toBe(first);
    while (!first.isOver) await Promise.resolve();
    const second = lanes.ensure('i-1');
    expect(second).not.toBe(first);
    await lanes.settled();
    expect(looks).toEqual(['i-1', 'i-1']);
    expect(lanes.get('i-1')).toBeUndefined();
  });
});

describe('what is kept of the ledger', () => {
  const event = { v: 1, name: 'MigrationHandedOver', nodeId: OTHER, instanceId: 'i-1' } as const;

  it('is not older than the last event', async () => {
    const old = instanceRecord({ epoch: 1 });
    const fresh = instanceRecord({ epoch: 2 });
    const ledger = scripted({ 'InstanceContract:Get': [old, fresh] });
    const cache = new LedgerCache(ledger);
    const reading = cache.instance('i-1');
    cache.invalidate(event);
    await reading;
    expect(await cache.instance('i-1')).toEqual(fresh);
  });

  it('of the nodes stays when the ledger does not answer', async () => {
    const down = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'down');
    const cache = new LedgerCache(scripted({ 'NodeContract:List': [[nodeRecord(1)], down] }));
    expect(await cache.nodes()).toHaveLength(1);
    cache.invalidate({ v: 1, name: 'NodeUpdated', nodeId: ME });
    expect(await cache.nodes()).toHaveLength(1);
    await expect(new LedgerCache(scripted({ 'NodeContract:List': [down] })).nodes()).rejects.toMatchObject({
      code: 'BLOSM_E_LEDGER_UNREACHABLE',
    });
  });

  it('is not an error of another kind than "not found"', async () => {
    const down = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'down');
    await expect(new LedgerCache(scripted({ 'ServiceContract:Get': [down] })).service('x')).rejects.toBe(down);
    const absent = new BlosmError('BLOSM_E_NOT_FOUND', 'no');
    expect(await new LedgerCache(scripted({ 'ServiceContract:Get': [absent] })).service('x')).toBeNull();
  });
});

describe('promises', () => {
  const need = (memoryBytes: number): ReturnType<typeof containerOf>['promised'] => ({
    memoryBytes,
    cpuMillis: 0,
    gpuMillis: 0,
    diskBytes: 0,
  });
  const memoryOf = (promises: Promises, containers = [] as ReturnType<typeof containerOf>[]): number =>
    promises.list(containers).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);

  it('of offers end by themselves, of picks with the migration', () => {
    const promises = new Promises(clock);
    promises.offer('m-1', need(1), clock.nowMs() + 1);
    promises.offer('m-2', need(2), clock.nowMs());
    expect(memoryOf(promises)).toBe(1);
    promises.pick('m-2', need(2));
    // An offer that is answered again does not put an end to a pick.
    promises.offer('m-2', need(2), clock.nowMs());
    expect(memoryOf(promises)).toBe(3);
    promises.release('m-2');
    expect(memoryOf(promises)).toBe(1);
  });

  it('are counted once, by the container as soon as there is one', () => {
    const promises = new Promises(clock);
    promises.pick('m-1', need(10));
    promises.beginCreation('i-2', need(20));
    expect(memoryOf(promises)).toBe(30);
    const arrived = containerOf({ instanceId: 'i-1', migrationId: 'm-1', promised: need(10) });
    const created = containerOf({ instanceId: 'i-2', promised: need(20) });
    expect(memoryOf(promises, [arrived, created])).toBe(30);
    promises.endCreation('i-2');
    expect(memoryOf(promises)).toBe(10);
  });
});

describe('promises to a shared service', () => {
  const need = { memoryBytes: 128, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 };
  const memoryOf = (promises: Promises, containers: readonly ReturnType<typeof containerOf>[]): number =>
    promises.list(containers).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);

  it('are one promise, counted by its container as soon as there is one', () => {
    const promises = new Promises(clock);
    expect(promises.sharedHere([])).toEqual(new Set());
    promises.beginCreation('i-1', need, 'detect');
    promises.beginCreation('i-2', need, 'detect');
    promises.offer('m-1', need, clock.nowMs() + 1000, 'detect');
    promises.pick('m-2', need, 'other');
    promises.beginCreation('i-3', need);
    expect(memoryOf(promises, [])).toBe(3 * 128);
    expect(promises.sharedHere([])).toEqual(new Set(['detect', 'other']));
    const shared = containerOf({ serviceId: 'detect', instanceId: '', promised: need });
    expect(memoryOf(promises, [shared])).toBe(3 * 128);
    for (const instanceId of ['i-1', 'i-2', 'i-3']) promises.endCreation(instanceId);
    for (const migrationId of ['m-1', 'm-2']) promises.release(migrationId);
    expect(memoryOf(promises, [shared])).toBe(128);
    expect(promises.sharedHere([shared])).toEqual(new Set(['detect']));
  });
});

describe('a shared container', () => {
  const listed = [containerOf({ serviceId: 'detect', instanceId: '' })];
  const look = (instanceId: string, changes: Partial<SharedLook> = {}): SharedLook => ({
    ...{ instanceId, serviceId: 'detect', isUser: true, isAnswering: false, migrationId: '', listed },
    ...changes,
  });
  const containersOf = (): SharedContainers =>
    new SharedContainers({ listContainers: () => Promise.resolve(listed) } as unknown as FakeEngine, ME);

  it('is seen as its own by each that uses it, and by nobody else', async () => {
    const shared = containersOf();
    shared.allAreKnown();
    expect(await shared.seenBy(look('i-1', { migrationId: 'm-1' }))).toMatchObject([
      { instanceId: 'i-1', migrationId: 'm-1' },
    ]);
    expect(await shared.seenBy(look('i-2', { isUser: false }))).toEqual([]);
    expect([shared.serviceOf('i-1'), shared.serviceOf('i-2')]).toEqual(['detect', undefined]);
  });

  it('is removed by the last one that leaves, and not while another one comes', async () => {
    const shared = containersOf();
    shared.allAreKnown();
    for (const instanceId of ['i-1', 'i-2']) await shared.seenBy(look(instanceId));
    expect(await shared.seenBy(look('i-1', { isUser: false }))).toEqual([]);
    expect(await shared.seenBy(look('i-2', { isUser: false }))).toHaveLength(1);
    let finish = (): void => undefined;
    const removal = shared.whenUnused('detect', 'i-2', () => new Promise((resolve) => (finish = resolve)));
    const coming = shared.seenBy(look('i-3', { listed: [] }));
    let hasCome = false;
    void coming.then(() => (hasCome = true));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(hasCome).toBe(false);
    finish();
    expect(await removal).toBe(true);
    // What was listed before the removal is not believed.
    expect(await coming).toHaveLength(1);
    expect(await shared.whenUnused('detect', 'i-2', () => Promise.reject(new Error('it is used')))).toBe(false);
    expect(await shared.seenBy(look('i-2', { isUser: false }))).toEqual([]);
  });

  it('stays while requests of one that has left are being answered', async () => {
    const shared = containersOf();
    shared.allAreKnown();
    for (const instanceId of ['i-1', 'i-2']) await shared.seenBy(look(instanceId));
    expect(await shared.seenBy(look('i-1', { isUser: false, isAnswering: true }))).toHaveLength(1);
    expect(await shared.seenBy(look('i-2', { isUser: false }))).toEqual([]);
    expect(await shared.seenBy(look('i-1', { isUser: false }))).toHaveLength(1);
  });

  it('is not touched before everybody is known who uses it', async () => {
    const shared = containersOf();
    await shared.seenBy(look('i-1'));
    expect(await shared.seenBy(look('i-1', { isUser: false }))).toEqual([]);
    expect(await shared.whenUnused('detect', 'i-1', () => Promise.reject(new Error('too early')))).toBe(false);
  });
});

describe('troubles', () => {
  const error = new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'down');

  it('count the attempts of one step', () => {
    const troubles = new Troubles();
    expect(troubles.failed('push', error, 1)).toMatchObject({ attempts: 1, retryable: true, lastAtMs: 1 });
    expect(troubles.failed('push', error, 2)).toMatchObject({ attempts: 2 });
    expect(troubles.failed('abort', error, 3)).toMatchObject({ attempts: 1, step: 'abort' });
    troubles.done({ name: 'close', migrationId: 'm-1' }, 4);
    expect(troubles.present).toBeNull();
  });

  it('with what is no error of ours are final', () => {
    const troubles = new Troubles();
    expect(troubles.failed('push', 'odd', 1)).toMatchObject({ code: 'BLOSM_E_INTERNAL', retryable: false });
    expect(troubles.failed('push', new TypeError('defect'), 1)).toMatchObject({ message: 'defect' });
  });

  it('with starting end with health alone', () => {
    const troubles = new Troubles();
    const start = { name: 'start', migrationId: '', containerId: containerOf().containerId } as const;
    troubles.done(start, 1);
    troubles.look(viewOf({ containers: [containerOf({ state: 'exited', exitCode: 3 })] }));
    expect(troubles.present).toMatchObject({
      step: 'start',
      attempts: 1,
      message: expect.stringMatching(/code 3/) as string,
    });
    troubles.done(start, 1);
    troubles.look(viewOf());
    expect(troubles.present).toMatchObject({ attempts: 1 });
    expect(troubles.failed('warm', error, 1)).toMatchObject({ attempts: 2 });
    troubles.done({ ...start, name: 'warm' }, 1);
    expect(troubles.present).toBeNull();
    expect(troubleWith({}).step).toBe('start');
  });

  const { containerId } = containerOf();
  const warm = { name: 'warm', migrationId: '', containerId } as const;
  const ended = containerOf({ state: 'exited', exitCode: 3 });

  /** It gets healthy at one moment, and is seen to have ended at another. */
  const die = (troubles: Troubles, warmAtMs: number, seenAtMs: number): void => {
    troubles.done(warm, warmAtMs);
    troubles.look(viewOf({ containers: [ended], nowMs: seenAtMs }));
  };

  it('are made by a container that ends again and again soon after it was healthy', () => {
    const troubles = new Troubles();
    die(troubles, 1000, 2000);
    // The first time it may have been an accident.
    expect(troubles.present).toBeNull();
    for (const attempts of [1, 2, 3]) {
      die(troubles, 1000, 2000);
      expect(troubles.present).toMatchObject({ step: 'start', attempts, retryable: true, lastAtMs: 2000 });
    }
    troubles.look(viewOf({ containers: [ended], nowMs: 3000 }));
    expect(troubles.present).toMatchObject({ attempts: 3, lastAtMs: 2000 });
  });

  it('are not made by one that has lasted, nor by one that was stopped', () => {
    const troubles = new Troubles();
    die(troubles, 1000, 2000);
    troubles.done(warm, 1000);
    troubles.look(viewOf({ nowMs: 11_000 }));
    die(troubles, 20_000, 21_000);
    expect(troubles.present).toBeNull();
    troubles.done(warm, 30_000);
    troubles.done({ name: 'stop', migrationId: '', containerId }, 30_100);
    troubles.look(viewOf({ containers: [ended], nowMs: 30_200 }));
    expect(troubles.present).toBeNull();
  });
});

describe('run specs', () => {
  const service = serviceRecord({ registeredBy: OTHER, specSha256: digestOf(RUN_SPEC) });
  const peersWith = (specs: Readonly<Record<string, RunSpec>>): Peers =>
    ({
      runSpec: (nodeId: string) =>
        specs[nodeId] === undefined
          ? Promise.reject(new BlosmError('BLOSM_E_PEER_UNREACHABLE', nodeId))
          : Promise.resolve(specs[nodeId]),
    }) as unknown as Peers;
  const libraryOf = (specs: Readonly<Record<string, RunSpec>>, store = new FakeStore<Record<string, RunSpec>>()) =>
    new SpecLibrary(ME, peersWith(specs), store, new FakeLog());

  it('come from whoever has the one on the ledger, and are kept', async () => {
    const store = new FakeStore<Record<string, RunSpec>>();
    const other = { ...RUN_SPEC, privileged: true };
    const library = libraryOf({ [OTHER]: other, Edge3MSP: RUN_SPEC }, store);
    expect(await library.specOf(service, ['Edge3MSP'])).toEqual(RUN_SPEC);
    const again = libraryOf({}, store);
    await again.load();
    expect(await again.specOf(service, [])).toEqual(RUN_SPEC);
  });

  it('that are not the agreed one are not taken', async () => {
    const library = libraryOf({ [OTHER]: { ...RUN_SPEC, privileged: true } });
    await expect(library.specOf(service, [ME])).rejects.toMatchObject({ code: 'BLOSM_E_PEER_UNREACHABLE' });
  });
});
