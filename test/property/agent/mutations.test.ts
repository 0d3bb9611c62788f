import type * as inFlights from '../../../agent/app/in-flight';
import type * as quorum from '../../../agent/domain/quorum';
import type * as traffic from '../../../agent/domain/traffic-mode';
import type { JournalEntry } from '../../../agent/ports/journal';
import type * as journals from '../../fakes/journal';
import type { World } from '../../support/agents';

/**
 * Seeded mutations: each takes one safeguard away, in memory, in a scene where it is needed. What must hold must then
 * fail to hold, or the other tests guard nothing.
 */

jest.setTimeout(60_000);

const QUORUM = '../../../agent/domain/quorum';
const TRAFFIC = '../../../agent/domain/traffic-mode';
const IN_FLIGHT = '../../../agent/app/in-flight';
const JOURNAL = '../../fakes/journal';

beforeEach(() => jest.resetModules());
afterEach(() => {
  for (const path of [QUORUM, TRAFFIC, IN_FLIGHT, JOURNAL]) jest.dontMock(path);
});

type Scene = (world: World) => Promise<void> | void;

/** A device drives from the first cluster to the second and writes all the time; gives what did not hold. */
async function drive(scene: Scene = () => undefined): Promise<string[]> {
  const { nearNode, startWorld } = await import('../../support/agents.js');
  const world = await startWorld({ warmUpMs: 20 });
  const { token, instanceId } = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  const answers = world.startTraffic([1, 2], { token, position: nearNode(2), takesMs: 70 }, 60);
  await scene(world);
  await world.clock.advance(20_000);
  const counts = world.counts(instanceId);
  const [migration] = await world.migrations();
  const confirmations = await world.node(1).ledger.query('ConfirmationContract:List', [migration?.migrationId ?? '']);
  const isRising = counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? 0));
  const findings = {
    'a write is lost or counted twice': !isRising || counts.at(-1) !== counts.length + world.unheard,
    'not one copy': world.runningOn(instanceId).length !== 1,
    'a request was cut': world.unheard === 0 && answers.some(({ code }) => code === 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN'),
    'given up by a source that has forgotten': migration?.abort?.stage === 'journal',
    'handed over unconfirmed': migration?.handedOverAtMs != null && confirmations.length < 3,
  };
  await world.end();
  return Object.entries(findings).flatMap(([finding, isSo]) => (isSo ? [finding] : []));
}

const crashThird: Scene = (world) => world.crash(3);

/** One side dies between the destination's word and the hand-over. */
const crashPrepared =
  (number: 1 | 2): Scene =>
  async (world) => {
    const handOver = world.channel.fault('hold', 'MigrationContract:HandOver');
    await world.until('the hand-over is under way', () => handOver.met);
    world.crash(number);
    await world.restart(number);
    await world.clock.advance(5000);
    handOver.release();
  };

/** The source's container takes its time to stop. */
const slowStop: Scene = (world) => {
  world.node(1).engine.fault({ operation: 'stopContainer', takesMs: 200, times: 10 });
};

it.each([
  ['an ordinary drive', undefined],
  ['a node that does not confirm', crashThird],
  ['a source that dies', crashPrepared(1)],
  ['a destination that dies', crashPrepared(2)],
  ['a container that takes its time', slowStop],
] as const)('without a mutation everything holds: %s', async (_what, scene) => {
  expect(await drive(scene)).toEqual([]);
});

it('a source that does not wait for 90 % is caught', async () => {
  jest.doMock(QUORUM, () => ({
    ...jest.requireActual<typeof quorum>(QUORUM),
    QuorumTracker: class extends jest.requireActual<typeof quorum>(QUORUM).QuorumTracker {
      override judge(): quorum.QuorumVerdict {
        return { kind: 'confirmed', confirmed: 3, total: 3 };
      }
    },
  }));
  expect(await drive(crashThird)).toContain('handed over unconfirmed');
});

it('a source that stays open while it is moved is caught', async () => {
  jest.doMock(TRAFFIC, () => {
    const { trafficMode } = jest.requireActual<typeof traffic>(TRAFFIC);
    const open: typeof trafficMode = (view) => trafficMode({ ...view, facts: { ...view.facts, migrations: [] } });
    return { trafficMode: open };
  });
  expect(await drive(slowStop)).toContain('a request was cut');
});

it('a drain that does not wait for the requests that run is caught', async () => {
  jest.doMock(IN_FLIGHT, () => ({
    InFlight: class extends jest.requireActual<typeof inFlights>(IN_FLIGHT).InFlight {
      override empty(): Promise<void> {
        return Promise.resolve();
      }
    },
  }));
  expect(await drive()).toContain('a request was cut');
});

it('a journal that does not reach the disk is caught', async () => {
  jest.doMock(JOURNAL, () => {
    const actual = jest.requireActual<typeof journals>(JOURNAL);
    class Forgetful extends actual.FakeJournal {
      override readAll = (): Promise<readonly JournalEntry[]> => Promise.resolve([]);
    }
    return { ...actual, FakeJournal: Forgetful };
  });
  // Nothing is lost by that: the ledger tells the source that it was closed, and it takes the safe way.
  expect(await drive(crashPrepared(1))).toEqual(['given up by a source that has forgotten']);
});
