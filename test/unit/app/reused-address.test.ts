import { nearNode, startWorld } from '../../support/agents';

jest.setTimeout(60_000);

/** Engines give the address of a container that has ended to the next one that starts. */
describe('an address that another container has by now', () => {
  it.each([
    ['tells of each end', false],
    ['does not tell of it', true],
  ])('is not used for the one that had it before, when the engine %s', async (_, isDeaf) => {
    const world = await startWorld({ warmUpMs: 20 });
    const { engine } = world.node(1);
    if (isDeaf) engine.fault({ operation: 'watch', hangs: true });
    if (isDeaf) engine.cutWatchers();
    const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const served = [...engine.containers.values()][0]!;
    // No lane looks before the other one's container is there: the first one's sees nothing of its end by itself.
    engine.kill(served.id);
    const second = await world.request(1, { deviceId: 'car-2', position: nearNode(1) });
    expect(second.status).toBe(200);
    const counts: (number | null)[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      for (const { token } of [first, second]) counts.push((await world.request(1, { token })).count);
    }
    // Each has its own writes, and none of the other's.
    expect(counts).toEqual([2, 2, 3, 3]);
    const hosts = [...engine.containers.values()].map(({ host }) => host);
    expect(new Set(hosts).size).toBe(2);
    await world.end();
  });
});
