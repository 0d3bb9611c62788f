import type { Engine } from '../../agent/ports/engine';
import type { JournalEntry } from '../../agent/ports/journal';
import { BlosmError } from '../../chaincode/src/model';
import { FakeClock } from '../fakes/clock';
import { FakeEngine } from '../fakes/engine';
import { CrashError, FakeJournal } from '../fakes/journal';
import { AMD64, FakeRegistry, imageOf, layerOf } from '../fakes/registry';
import { describeEngine, fails, orderOf, RUN_SPEC, type EngineBench } from './engine.contract';

describeEngine('fake', (): Promise<EngineBench> => {
  const [clock, registry] = [new FakeClock(), new FakeRegistry()];
  const engine = new FakeEngine({ clock, registry, name: 'a' });
  const other = new FakeEngine({ clock, registry, name: 'b' });
  const fakeOf = (which: Engine): FakeEngine => (which === engine ? engine : other);
  return Promise.resolve({
    engine,
    other,
    registry: registry.address,
    platform: AMD64,
    image: (reference) => {
      engine.addImage(reference);
      return Promise.resolve();
    },
    write: (containerId, path, content) => {
      engine.write(containerId, path, content);
      return Promise.resolve();
    },
    read: (which, containerId, path) => Promise.resolve(fakeOf(which).read(containerId, `/www${path}`) ?? 'not found'),
    isHealthy: async (which, containerId) => {
      const host = fakeOf(which).containers.get(containerId)?.host ?? '';
      return fakeOf(which).isHealthy(host, RUN_SPEC.port, RUN_SPEC.healthPath);
    },
    close: () => Promise.resolve(),
  });
});

describe('the fake engine goes wrong on demand', () => {
  const open = () => {
    const [clock, registry] = [new FakeClock(), new FakeRegistry()];
    const engine = new FakeEngine({ clock, registry, warmUpMs: 500 });
    const image = engine.addImage('base');
    return { clock, registry, engine, image };
  };

  it('fails as often as told, before or after the effect', async () => {
    const { engine } = open();
    const lost = new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'lost');
    engine.fault({ operation: 'createContainer', times: 2, fails: lost });
    await fails(engine.createContainer(orderOf('a', 'base')), lost.code);
    await fails(engine.createContainer(orderOf('a', 'base')), lost.code);
    expect(engine.containers.size).toBe(0);
    engine.fault({ operation: 'createContainer', fails: lost, afterEffect: true });
    await fails(engine.createContainer(orderOf('a', 'base')), lost.code);
    expect(engine.containers.size).toBe(1);
    await engine.createContainer(orderOf('a', 'base'));
    expect(engine.containers.size).toBe(1);
    expect(engine.faults.count('createContainer')).toBe(4);
  });

  it('hangs until the deadline, and takes simulated time', async () => {
    const { engine, clock } = open();
    const beganMs = clock.nowMs();
    engine.fault({ operation: 'observe', hangs: true });
    await clock.runUntil(fails(engine.observe({ timeoutMs: 700 }), 'BLOSM_E_TIMEOUT'));
    engine.fault({ operation: 'observe', takesMs: 300 });
    await clock.runUntil(engine.observe());
    expect(clock.nowMs() - beganMs).toBe(1000);
  });

  it('serves only warm, only while it runs, only what is well', async () => {
    const { engine, clock } = open();
    const id = await engine.createContainer(orderOf('a', 'base'));
    await engine.startContainer(id);
    const { host } = engine.containers.get(id)!;
    const isHealthy = () => engine.isHealthy(host, RUN_SPEC.port, RUN_SPEC.healthPath);
    expect(await isHealthy()).toBe(false);
    await clock.advance(500);
    expect(await isHealthy()).toBe(true);
    engine.sickServices.add('counter');
    expect(await isHealthy()).toBe(false);
    engine.sickServices.clear();
    engine.crash();
    expect(await isHealthy()).toBe(false);
    await fails(engine.observe(), 'BLOSM_E_ENGINE_UNREACHABLE');
  });

  it('hands out another image than the one pushed', async () => {
    const { engine, registry, image } = open();
    const { manifestDigest } = registry.put('blosm/base', image);
    const other = imageOf([layerOf({ '/www/index.html': 'altered' })]);
    registry.lies.set(manifestDigest, other);
    const pulled = await engine.pullImage(`${registry.address}/blosm/base@${manifestDigest}`, () => undefined);
    expect(pulled.configDigest).toBe(other.configDigest);
    expect(pulled.configDigest).not.toBe(image.configDigest);
  });
});

describe('the fake journal', () => {
  const entry = (name: string): JournalEntry => ({
    atMs: 0,
    instanceId: 'i',
    migrationId: '',
    kind: 'fact',
    name,
    detail: null,
  });

  it('keeps so many entries, then nothing until it is revived', async () => {
    const journal = new FakeJournal();
    journal.crashAfter(2);
    await journal.append(entry('a'));
    expect(journal.hasCrashed).toBe(false);
    await journal.append(entry('b'));
    await journal.crashed();
    await expect(journal.append(entry('c'))).rejects.toBeInstanceOf(CrashError);
    await expect(journal.readAll()).rejects.toBeInstanceOf(CrashError);
    journal.revive();
    expect((await journal.readAll()).map((one) => one.name)).toEqual(['a', 'b']);
    await journal.append(entry('d'));
    expect(journal.length).toBe(3);
  });
});
