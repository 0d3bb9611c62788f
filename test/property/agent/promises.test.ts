import fc from 'fast-check';
import { Promises } from '../../../agent/app/promises';
import { remainingResources, RESOURCE_NAMES, shortages } from '../../../agent/domain/capacity';
import type { ContainerObservation } from '../../../agent/domain/container';
import type { Resources } from '../../../chaincode/src/model';
import { VirtualClock } from '../../fakes/virtual-clock';
import { containerOf } from '../../support/lane-views';

const TOTAL: Resources = { memoryBytes: 100, cpuMillis: 100, gpuMillis: 100, diskBytes: 100 };
const NAMES = ['a', 'b', 'c', 'd'];

const amount = fc.nat({ max: 35 });
const need: fc.Arbitrary<Resources> = fc.record({
  memoryBytes: amount,
  cpuMillis: amount,
  gpuMillis: amount,
  diskBytes: amount,
});

/** What happens to a migration or an instance of that name, or to the time. */
const happening = fc.record({
  what: fc.constantFrom('offer', 'pick', 'arrive', 'end', 'begin', 'create', 'fail', 'remove', 'time'),
  name: fc.constantFrom(...NAMES),
  need,
  forMs: fc.integer({ min: 1, max: 1000 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** A cluster that promises by the rules: nothing without looking first. */
class Cluster {
  readonly clock = new VirtualClock();
  readonly promises = new Promises(this.clock);
  containers: ContainerObservation[] = [];
  /** Needs of open migrations by name, of the picked ones and of the instances that are being created. */
  private readonly offered = new Map<string, { need: Resources; untilMs: number }>();
  private readonly picked = new Map<string, Resources>();
  private readonly begun = new Map<string, Resources>();

  get remaining(): Resources {
    return remainingResources(TOTAL, this.promises.list(this.containers));
  }

  async take({ what, name, need: asked, forMs }: Happening): Promise<void> {
    if (what === 'time') {
      await this.clock.advance(forMs);
      return;
    }
    const act: Readonly<Record<typeof what, () => void>> = {
      offer: () => this.offer(name, asked, forMs),
      pick: () => this.pick(name),
      arrive: () => this.arrive(name),
      end: () => this.end(name),
      begin: () => this.begin(name, asked),
      create: () => this.create(name),
      fail: () => this.fail(name),
      remove: () => {
        this.containers = this.containers.filter((c) => c.instanceId !== `i-${name}`);
      },
    };
    act[what]();
  }

  /** Everything comes to its end, as events and lanes tell. */
  async finish(): Promise<void> {
    for (const name of NAMES) {
      for (const what of ['end', 'fail', 'remove'] as const) {
        await this.take({ what, name, need: TOTAL, forMs: 1 });
      }
    }
    this.containers = [];
  }

  private fits(asked: Resources): boolean {
    return shortages(asked, this.remaining).length === 0;
  }

  private offer(name: string, asked: Resources, forMs: number): void {
    if (!this.fits(asked) || this.picked.has(name) || this.has(`m-${name}`)) return;
    const untilMs = this.clock.nowMs() + forMs;
    this.offered.set(name, { need: asked, untilMs });
    this.promises.offer(`m-${name}`, asked, untilMs);
  }

  private begin(name: string, asked: Resources): void {
    if (!this.fits(asked) || this.has(`i-${name}`) || this.begun.has(name)) return;
    this.begun.set(name, asked);
    this.promises.beginCreation(`i-${name}`, asked);
  }

  private fail(name: string): void {
    this.begun.delete(name);
    this.promises.endCreation(`i-${name}`);
  }

  private has(id: string): boolean {
    return this.containers.some(({ migrationId, instanceId }) => migrationId === id || instanceId === id);
  }

  private pick(name: string): void {
    const offer = this.offered.get(name);
    if (offer === undefined || offer.untilMs <= this.clock.nowMs()) return;
    this.picked.set(name, offer.need);
    this.promises.pick(`m-${name}`, offer.need);
  }

  private arrive(name: string): void {
    const promised = this.picked.get(name);
    if (promised === undefined || this.has(`m-${name}`)) return;
    this.containers.push(containerOf({ migrationId: `m-${name}`, instanceId: `x-${name}`, promised }));
  }

  private end(name: string): void {
    this.picked.delete(name);
    this.offered.delete(name);
    this.promises.release(`m-${name}`);
  }

  private create(name: string): void {
    const promised = this.begun.get(name);
    if (promised === undefined) return;
    this.begun.delete(name);
    this.containers.push(containerOf({ migrationId: '', instanceId: `i-${name}`, promised }));
    this.promises.endCreation(`i-${name}`);
  }
}

const sumOf = (all: readonly Resources[], name: keyof Resources): number =>
  all.reduce((sum, one) => sum + one[name], 0);

describe('promises, whatever happens', () => {
  it('are never more than there is, and what remains is exactly the rest', async () => {
    let most = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (all) => {
        const cluster = new Cluster();
        for (const one of all) {
          await cluster.take(one);
          const promised = cluster.promises.list(cluster.containers);
          most = Math.max(most, promised.length);
          for (const name of RESOURCE_NAMES) {
            expect(sumOf(promised, name)).toBeLessThanOrEqual(TOTAL[name]);
            expect(cluster.remaining[name]).toBe(TOTAL[name] - sumOf(promised, name));
          }
        }
      }),
    );
    expect(most).toBeGreaterThan(1);
  });

  it('leave nothing behind once everything has ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (all) => {
        const cluster = new Cluster();
        for (const one of all) await cluster.take(one);
        await cluster.finish();
        expect(cluster.promises.list(cluster.containers)).toEqual([]);
        expect(cluster.remaining).toEqual(TOTAL);
      }),
    );
  });

  it('of offers end by themselves, those that were picked do not', async () => {
    const cluster = new Cluster();
    const offer = { what: 'offer', need: { ...TOTAL, memoryBytes: 30 }, forMs: 100 } as const;
    await cluster.take({ ...offer, name: 'a', need: { memoryBytes: 30, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 } });
    await cluster.take({ ...offer, name: 'b', need: { memoryBytes: 20, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 } });
    expect(cluster.remaining.memoryBytes).toBe(50);
    await cluster.take({ ...offer, what: 'pick', name: 'b' });
    await cluster.take({ ...offer, what: 'time', name: 'b', forMs: 100 });
    expect(cluster.remaining.memoryBytes).toBe(80);
    await cluster.take({ ...offer, what: 'end', name: 'b' });
    expect(cluster.remaining).toEqual(TOTAL);
  });
});
