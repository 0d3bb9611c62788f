import type { RunSpec, ServiceRegistration } from '../../../chaincode/src/model';
import { NEED, nearNode, publish, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

interface Wish {
  readonly spec?: Partial<RunSpec>;
  readonly registration?: Partial<ServiceRegistration>;
}

const wishes: readonly (readonly [string, Wish, RegExp])[] = [
  ['to be privileged', { spec: { privileged: true } }, /a privileged container is not allowed here/],
  ['host namespaces', { spec: { hostNamespaces: ['network'] } }, /host namespaces \(network\) are not allowed here/],
  ['bind mounts', { spec: { binds: ['/:/host'] } }, /bind mounts are not allowed here/],
  ['capabilities', { spec: { capabilities: ['SYS_ADMIN'] } }, /capabilities SYS_ADMIN are not allowed here/],
  ['devices', { spec: { devices: ['/dev/mem'] } }, /devices \/dev\/mem are not allowed here/],
  ['a GPU', { spec: { gpu: true } }, /a GPU is asked for, this cluster has none/],
  ['a GPU runtime', { registration: { gpuRuntime: 'nvidia' } }, /GPU runtime nvidia is not installed here/],
  ['an L4T release', { registration: { l4tRelease: '35.4.1' } }, /built for L4T 35\.4\.1, this cluster has none/],
  [
    'another architecture',
    { registration: { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } } },
    /image is for linux\/arm64, this cluster runs linux\/amd64/,
  ],
  [
    'more memory than there is',
    { registration: { need: { ...NEED, memoryBytes: 2 ** 40 } } },
    /needs 1048576 MiB of memory, 1024 MiB remain/,
  ],
  [
    'more CPU than there is',
    { registration: { need: { ...NEED, cpuMillis: 64_000 } } },
    /needs 64\.00 of CPU cores, 4\.00 remain/,
  ],
];

async function begin(wish: Wish, settings: Parameters<typeof startWorld>[0] = {}): Promise<void> {
  world = await startWorld({ nodes: 2, ...settings });
  await publish(world, 'odd', 'counter', 'none', wish);
}

const ask = (at: number): Promise<Answer> => world.request(at, { serviceId: 'odd', position: nearNode(at) });

describe('a service of another cluster that wants', () => {
  it.each(wishes)(
    '%s is not created by a first request, with a sentence that says why',
    async (_what, wish, reason) => {
      // It is not even the one that registered it that could run it.
      await begin(
        { ...wish, registration: { ...wish.registration, applicationType: 'counter' } },
        {
          settingsOf: { 1: { applicationTypes: [] } },
        },
      );
      const answer = await ask(2);
      expect(answer).toMatchObject({ status: 503, code: 'BLOSM_E_NO_ROOM' });
      expect(answer.reason).toMatch(reason);
      expect(await world.instances()).toEqual([]);
      expect(world.node(2).engine.faults.count('createContainer')).toBe(0);
    },
  );
});

const ALLOWED = {
  privileged: true,
  hostNamespaces: true,
  binds: true,
  capabilities: ['SYS_ADMIN'],
  devices: ['/dev/mem'],
};
const forbidden = wishes.slice(0, 5);

describe('what the admission policy forbids:', () => {
  it.each(forbidden)(
    '%s runs on the cluster that registered it, and others pass the request on',
    async (_what, wish) => {
      await begin(wish);
      expect(await ask(2)).toMatchObject({ status: 200, servedBy: 'edge1' });
    },
  );

  it.each(forbidden)('%s is refused when it is to move, and that stands on the ledger', async (_what, wish, reason) => {
    await begin(wish);
    const { token } = await ask(1);
    world.startTraffic([2], { serviceId: 'odd', token, position: nearNode(2) }, 500);
    await world.until('it is decided', async () => (await world.migrations())[0]?.state === 'ABORTED');
    const [migration] = await world.migrations();
    const evaluations = await world.node(1).ledger.query('EvaluationContract:List', [migration?.migrationId ?? '']);
    expect(evaluations.find(({ nodeId }) => nodeId === 'Edge2MSP')).toMatchObject({
      verdict: false,
      reasons: [expect.stringMatching(reason) as string],
    });
    expect(await world.request(2, { serviceId: 'odd', token })).toMatchObject({ status: 200, servedBy: 'edge1' });
  });

  it.each(forbidden)('%s is taken where the operator allows it', async (_what, wish) => {
    await begin(wish, { settings: { allow: ALLOWED } });
    expect(await ask(2)).toMatchObject({ status: 200, servedBy: 'edge2' });
  });

  it('is not taken over from a suspended owner either', async () => {
    await begin({ spec: { privileged: true } }, { nodes: 3 });
    const { token, instanceId } = await ask(1);
    world.crash(1);
    await world.clock.advance(90_000);
    expect((await world.request(2, { serviceId: 'odd', token })).status).not.toBe(200);
    expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: 'Edge1MSP' });
    expect(world.node(2).engine.faults.count('createContainer')).toBe(0);
  });
});

describe('an evaluation', () => {
  it('does not wait for one of a service whose run spec nobody gives', async () => {
    world = await startWorld();
    world.network.cut('Edge2MSP', 'Edge1MSP', 'silent');
    await publish(world, 'odd', 'counter', 'none', { spec: { privileged: true } });
    const order = { deviceId: 'car-1', position: nearNode(1) };
    const [odd, known] = [await world.request(1, { ...order, serviceId: 'odd' }), await world.request(1, order)];
    // What was asked for when it was registered has come to nothing by now.
    await world.clock.advance(6000);
    const beginMs = world.clock.nowMs();
    const propose = ({ instanceId }: Answer): Promise<string> => {
      const lane = world.agent(1).lanes.ensure(instanceId);
      return world.clock.runUntil(world.agent(1).mover.start(lane, 'operator', 'registry', null));
    };
    const isEvaluated = async (migrationId: string): Promise<boolean> => {
      const evaluations = await world.node(1).ledger.query('EvaluationContract:List', [migrationId]);
      return evaluations.some(({ nodeId }) => nodeId === 'Edge2MSP');
    };
    const oddId = await propose(odd);
    await world.until('the odd one is proposed', async () => (await world.migrations()).length === 1);
    const knownId = await propose(known);
    await world.until('the known one is evaluated', () => isEvaluated(knownId));
    expect(world.clock.nowMs() - beginMs).toBeLessThan(2000);
    expect(await isEvaluated(oddId)).toBe(false);
    await world.until('the odd one is evaluated', () => isEvaluated(oddId));
  });

  it('that is owed after a start does not wait for the run specs of others', async () => {
    world = await startWorld();
    for (const serviceId of ['odd', 'odder', 'oddest']) {
      world.network.cut('Edge2MSP', 'Edge1MSP', 'silent');
      await publish(world, serviceId, 'counter', 'none', { spec: { port: 1000 + serviceId.length } });
    }
    const known = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const dropped = world.channel.fault('drop', 'EvaluationContract:Submit', 'Edge2MSP');
    const lane = world.agent(1).lanes.ensure(known.instanceId);
    const migrationId = await world.clock.runUntil(world.agent(1).mover.start(lane, 'operator', 'registry', null));
    await world.until('its evaluation was lost', () => dropped.met);
    // The event will not come again: what is read after the start tells of it.
    world.crash(2);
    await world.restart(2);
    const isEvaluated = async (): Promise<boolean> => {
      const evaluations = await world.node(1).ledger.query('EvaluationContract:List', [migrationId]);
      return evaluations.some(({ nodeId }) => nodeId === 'Edge2MSP');
    };
    await world.until('it is evaluated', isEvaluated, 2000);
  });

  it('is made once, however often its proposal is heard of', async () => {
    world = await startWorld();
    const { instanceId } = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const held = world.channel.fault('hold', 'EvaluationContract:Submit', 'Edge2MSP');
    const lane = world.agent(1).lanes.ensure(instanceId);
    const migrationId = await world.clock.runUntil(world.agent(1).mover.start(lane, 'operator', 'registry', null));
    await world.until('it is submitted', () => held.met);
    const again = world.agent(2).evaluator.answer(migrationId);
    await world.clock.advance(1000);
    held.release();
    await world.clock.runUntil(again);
    const sent = world.channel.peer('Edge1MSP').blocks.flatMap(({ transactions }) => transactions);
    const own = sent.filter(({ envelope: { proposal } }) => {
      return proposal.args[0] === 'EvaluationContract:Submit' && proposal.creator.mspId === 'Edge2MSP';
    });
    expect(own).toHaveLength(1);
    expect(world.node(2).log.messages('warn')).toEqual([]);
  });
});

describe('strategy registry', () => {
  it.each([
    ['volumes', { volumes: ['/data'] }, /strategy registry cannot move odd: it declares volumes/],
    [
      'secrets',
      { env: [{ name: 'KEY', value: 'x', secret: true }] },
      /strategy registry cannot move odd: its environment holds secrets/,
    ],
  ])('refuses an instance with %s, with a sentence', async (_what, spec, reason) => {
    await begin({ spec });
    const { instanceId } = await ask(1);
    const lane = world.agent(1).lanes.ensure(instanceId);
    const moved = world.agent(1).mover.start(lane, 'operator', 'registry', null);
    await expect(world.clock.runUntil(moved)).rejects.toMatchObject({
      code: 'BLOSM_E_UNSUPPORTED',
      message: expect.stringMatching(reason) as string,
    });
    expect(await world.migrations()).toEqual([]);
  });
});
