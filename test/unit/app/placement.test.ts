import { AgentControl } from '../../../agent/app/control/control-service';
import { MigrationOrder, PlacementRequest, PlacementView } from '../../../agent/ports/control';
import { nearNode, startWorld, worldSettings, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

const MEBI = 1_048_576;
const NO_ROOM = { capacity: { ...worldSettings(1).capacity, memoryBytes: 100 * MEBI } };

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const run = <T>(answer: Promise<T>): Promise<T> => world.clock.runUntil(answer);
const controlOf = (number: number): AgentControl =>
  new AgentControl(world.agent(number), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });
const explain = async (number: number, id: string, query: object = {}): Promise<PlacementView> =>
  PlacementView.parse(await run(controlOf(number).placement.explain(id, PlacementRequest.parse(query))));
const begin = (): Promise<Answer> => world.request(1, { deviceId: 'car-1', position: nearNode(1) });
const placesOf = ({ places }: PlacementView): unknown[] =>
  places.map(({ name, eligible, reasons }) => [name, eligible, ...reasons]);

describe('placement explain', () => {
  it('says why an instance stays, and where it would go from elsewhere', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const here = await explain(1, instanceId);
    expect(here).toMatchObject({ instanceId, serviceId: 'counter', ownerName: 'edge1', positionFrom: 'device' });
    expect(here.decision).toBe('stays at edge1: the device is inside its coverage, or hardly outside');
    const there = await explain(1, instanceId, { at: '0,0.0053' });
    expect(there).toMatchObject({ positionFrom: 'given', positionAgeMs: null });
    expect(there.decision).toMatch(/^goes to edge2/);
    expect(placesOf(there)).toEqual([
      ['edge2', true],
      ['edge1', false, 'it runs here'],
      ['edge3', false, 'the device is outside its coverage'],
    ]);
  });

  it('tells what was said of the last migration, and what is short now', async () => {
    world = await startWorld({ settingsOf: { 2: NO_ROOM } });
    const { instanceId, token } = await begin();
    await world.request(2, { token, position: nearNode(2) });
    await world.until('it is aborted', async () => (await world.migrations())[0]?.state === 'ABORTED');
    const view = await explain(1, instanceId);
    expect(view.decision).toBe(
      'stays at edge1: no cluster that covers the device takes it; edge2 passes on what the device sends',
    );
    expect(view.places.find(({ name }) => name === 'edge2')).toMatchObject({
      covers: true,
      distanceMeters: 0,
      reasons: ['needs 128 MiB of memory, 100 MiB remain'],
      lastEvaluation: { verdict: false, reasons: [expect.stringContaining('memory') as string] },
    });
    await world.clock.advance(60_000);
    expect((await explain(1, instanceId)).decision).toBe('stays at edge1: the position of its device is too old');
  });

  it('knows what a device has not been long enough for, and what an operator holds', async () => {
    world = await startWorld();
    const { instanceId, token } = await begin();
    await world.request(1, { token, position: nearNode(1, 430) });
    expect((await explain(1, instanceId)).decision).toBe(
      'stays at edge1: the device has not been outside for long enough',
    );
    await world.request(1, { token, position: nearNode(1) });
    const order = MigrationOrder.parse({ instanceId, to: 'edge3' });
    expect((await run(controlOf(1).migrations.plan(order))).notes).toEqual([
      'the device is outside the coverage of edge3: it stays there until the device next enters a coverage',
    ]);
    await run(controlOf(1).migrations.start(order));
    await world.until('it has moved', async () => (await world.instance(instanceId)).epoch === 2);
    await world.until('it serves', async () => {
      return (await world.request(1, { token, position: nearNode(1) })).servedBy === 'edge3';
    });
    expect((await explain(3, instanceId)).decision).toBe(
      'stays at edge3: an operator moved it here; it goes when its device next enters a coverage',
    );
  });

  it('does not know the position of an instance that another cluster owns', async () => {
    world = await startWorld();
    const { instanceId } = await begin();
    const view = await explain(2, instanceId);
    expect(view).toMatchObject({ positionFrom: 'unknown', ownerName: 'edge1' });
    expect(view.decision).toBe('stays at edge1: where the device is, is not known');
  });

  it('tells where a first request would be served, and who does not answer or takes nothing', async () => {
    world = await startWorld({ settingsOf: { 1: NO_ROOM } });
    world.network.cut('Edge1MSP', 'Edge3MSP');
    const view = await explain(1, 'counter');
    expect(view).toMatchObject({ instanceId: null, ownerName: null, decision: 'is served at edge2' });
    expect(placesOf(view)).toEqual([
      ['edge2', true],
      ['edge1', false, 'needs 128 MiB of memory, 100 MiB remain'],
      ['edge3', false, expect.stringContaining('its agent does not say')],
    ]);
    world.node(1).engine.isDown = true;
    await world.clock.advance(15_000);
    const blind = await explain(1, 'counter', { at: '0, 0' });
    expect(blind.places.find(({ name }) => name === 'edge1')?.reasons).toEqual([
      expect.stringMatching(/^it cannot look at itself/),
    ]);
  });

  it('changes nothing, and refuses what is no id or no place', async () => {
    world = await startWorld();
    const { height } = world.channel;
    await expect(explain(1, 'nothing')).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    for (const at of ['', 'here', '91,0', '0,181', '1']) {
      expect(PlacementRequest.safeParse({ at }).success).toBe(false);
    }
    expect(PlacementRequest.parse({ at: '-37.8136, 144.9631' })).toEqual({
      at: { latE6: -37_813_600, lonE6: 144_963_100 },
    });
    await explain(1, 'counter');
    expect(world.channel.height).toBe(height);
  });
});
