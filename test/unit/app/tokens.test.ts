import { nearNode, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const begin = async (): Promise<Answer> => {
  world = await startWorld();
  return world.request(1, { deviceId: 'car-1', position: nearNode(1) });
};

/** Moves the instance to this cluster: its device shows up there. */
async function moveTo(number: number, { token, instanceId }: Answer): Promise<void> {
  const { epoch } = await world.instance(instanceId);
  await world.request(number, { token, position: nearNode(number) });
  await world.until('it has moved', async () => {
    const instance = await world.instance(instanceId);
    return instance.epoch === epoch + 1 && instance.openMigrationId === null;
  });
}

const ask = (number: number, token: string): Promise<Answer> => world.request(number, { token });

/** Everything that anybody but the device and the secrets' own file gets to see. */
async function everythingWritten(): Promise<string> {
  const nodes = [1, 2, 3].map((number) => world.node(number));
  const journals = await Promise.all(nodes.map(({ journal }) => journal.readAll()));
  const blocks = nodes.map(({ nodeId }) => world.channel.peer(nodeId).blocks);
  return JSON.stringify([journals, blocks, nodes.map(({ log }) => log)]);
}

describe('a migration renews the token', () => {
  it('and the device gets the new one with its next answer, wherever it asks', async () => {
    const device = await begin();
    await moveTo(2, device);
    expect(await world.instance(device.instanceId)).toMatchObject({
      previousTokenSha256: expect.any(String) as unknown,
    });
    const { token, status } = await ask(1, device.token);
    expect({ status, isNew: token !== device.token }).toEqual({ status: 200, isNew: true });
    expect(await ask(2, token)).toMatchObject({ status: 200, token });
    expect(await ask(1, token)).toMatchObject({ status: 200, token });
    const written = await everythingWritten();
    for (const known of [device.token, token]) expect(written).not.toContain(known.split('.')[1]);
  });

  it('and the old one holds until the new one is used, then for what is under way, then never again', async () => {
    const device = await begin();
    await moveTo(2, device);
    const renewed = await ask(2, device.token);
    for (let turn = 0; turn < 3; turn += 1) {
      await world.clock.advance(60_000);
      expect(await ask(2, device.token)).toMatchObject({ status: 200, token: renewed.token });
    }
    expect(await ask(2, renewed.token)).toMatchObject({ status: 200 });
    expect(await ask(2, device.token)).toMatchObject({ status: 200 });
    await world.clock.advance(world.node(2).settings.holdMs + 1);
    expect(await ask(2, device.token)).toMatchObject({ status: 401, code: 'BLOSM_E_FORBIDDEN' });
    expect(await ask(1, device.token)).toMatchObject({ status: 401 });
    expect(await ask(3, renewed.token)).toMatchObject({ status: 200 });
    await world.clock.runUntil(world.agent(2).router.reportPosition(renewed.token, nearNode(2)));
    expect(await world.clock.runUntil(world.agent(2).router.reportPosition(device.token, nearNode(2)))).toBe(false);
  });

  it('at each of several in a row, for a device that takes it', async () => {
    let device = await begin();
    const tokens = new Set([device.token]);
    for (const at of [2, 3, 2, 1]) {
      await moveTo(at, device);
      device = await ask(at, device.token);
      tokens.add(device.token);
      expect(await ask(at, device.token)).toMatchObject({ status: 200 });
    }
    expect(tokens.size).toBe(5);
  });

  it('never locks out a device that has seen none of the new ones, nor one that kept the first new one', async () => {
    const device = await begin();
    await moveTo(2, device);
    const renewed = await ask(2, device.token);
    await moveTo(3, device);
    // The next owner offers the same new one: it has asked the source for it.
    expect(await ask(3, device.token)).toMatchObject({ status: 200, token: renewed.token });
    await moveTo(1, device);
    expect(await ask(1, renewed.token)).toMatchObject({ status: 200 });
    await moveTo(2, renewed);
    expect((await ask(2, renewed.token)).token).not.toBe(renewed.token);
  });

  it('is left out when the source cannot say which token the device uses', async () => {
    const device = await begin();
    await moveTo(2, device);
    world.network.cut('Edge3MSP', 'Edge2MSP');
    await moveTo(3, device);
    expect(await ask(3, device.token)).toMatchObject({ status: 200, token: device.token });
    world.network.mend('Edge3MSP', 'Edge2MSP');
    await moveTo(1, device);
    expect(await ask(1, device.token)).toMatchObject({ status: 200 });
  });

  it('is left out while the disk has no room for the new secret, which a restart would lose', async () => {
    const device = await begin();
    const { tokens } = world.node(2);
    tokens.isFull = true;
    await moveTo(2, device);
    expect(await world.instance(device.instanceId)).toMatchObject({ previousTokenSha256: null });
    tokens.isFull = false;
    world.crash(2);
    await world.restart(2);
    expect(await ask(2, device.token)).toMatchObject({ status: 200, token: device.token });
    await moveTo(3, device);
    const { token } = await ask(3, device.token);
    expect(token).not.toBe(device.token);
    expect(await ask(3, token)).toMatchObject({ status: 200 });
  });

  it('with the same secret again when the new owner is killed around Complete', async () => {
    const device = await begin();
    const held = world.channel.fault('hold', 'MigrationContract:Complete');
    await world.request(2, { token: device.token, position: nearNode(2) });
    await world.until('Complete is on its way', () => held.met);
    world.crash(2);
    await world.clock.advance(1000);
    held.release();
    await world.restart(2);
    await world.until('it is completed', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    await world.clock.advance(2000);
    const { token } = await ask(2, device.token);
    expect(token).not.toBe(device.token);
    expect(await ask(2, token)).toMatchObject({ status: 200, token });
    world.crash(2);
    await world.restart(2);
    await world.clock.advance(world.node(2).settings.holdMs + 1);
    expect(await ask(2, token)).toMatchObject({ status: 200 });
    // The first use was kept: the restart has not brought the old one back.
    expect(await ask(2, device.token)).toMatchObject({ status: 401 });
  });

  it('tells the secret to nobody but the owner that the ledger names', async () => {
    const device = await begin();
    await moveTo(2, device);
    const held = world.channel.fault('hold', 'MigrationContract:Complete');
    await world.request(3, { token: device.token, position: nearNode(3) });
    await world.until('Complete is on its way', () => held.met);
    const [open] = (await world.migrations()).filter(({ state }) => state === 'HANDED_OVER');
    const tell = (caller: string): Promise<unknown> =>
      world.clock.runUntil(world.agent(2).peerHandlers.token(caller, open!.migrationId));
    await expect(tell('Edge1MSP')).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
    expect(await tell('Edge3MSP')).toEqual({ taken: false, secret: expect.any(String) as unknown });
    held.release();
    await world.until(
      'it is completed',
      async () => (await world.instance(device.instanceId)).openMigrationId === null,
    );
    await world.clock.advance(1000);
    await expect(tell('Edge3MSP')).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
  });
});

describe('a token that nobody has made', () => {
  it('is refused on a fresh view only, one look at a time', async () => {
    const device = await begin();
    const forged = `${device.instanceId}.${'x'.repeat(43)}`;
    const looks = jest.spyOn(world.node(1).ledger, 'freshView');
    const answers = await world.clock.runUntil(
      Promise.all(Array.from({ length: 50 }, () => world.send(1, { token: forged }))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(looks.mock.calls.length).toBeLessThanOrEqual(2);
    world.channel.ordererRunning = false;
    expect(await ask(1, forged)).toMatchObject({ status: 503 });
    expect(await ask(1, device.token)).toMatchObject({ status: 200 });
  });
});
