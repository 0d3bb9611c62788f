import type { Engine } from '../../agent/ports/engine';
import { FakeClock } from '../fakes/clock';
import { FakeEngine } from '../fakes/engine';
import { AMD64, FakeRegistry } from '../fakes/registry';
import { describeEngine, RUN_SPEC, type EngineBench } from './engine.contract';

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
