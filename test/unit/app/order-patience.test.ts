import { AgentControl } from '../../../agent/app/control/control-service';
import { DEFAULT_TIMEOUT_MS } from '../../../agent/cli/api-client';
import { MigrationOrder } from '../../../agent/ports/control';
import { serviceRegistration } from '../../support/ledger-samples';
import { nearNode, startWorld, type World } from '../../support/agents';
import { RUN_SPEC } from '../../support/run-spec';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const control = (): AgentControl =>
  new AgentControl(world.agent(1), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });
const run = <T>(answer: Promise<T>): Promise<T> => world.clock.runUntil(answer);
const orderOf = (instanceId: string): MigrationOrder => MigrationOrder.parse({ instanceId, to: 'edge2' });
const begin = async (): Promise<string> => {
  world = await startWorld();
  return (await world.request(1, { deviceId: 'car-1', position: nearNode(1) })).instanceId;
};

/** What the command line allows for the way to the agent and back, and for what the agent asks its peer. */
const MARGIN_MS = 20_000;

/** The order's own answer comes while the command line still waits for it. */
async function expectTimelyAnswer(ordered: () => Promise<unknown>, message: RegExp): Promise<void> {
  const fromMs = world.clock.nowMs();
  await expect(run(ordered())).rejects.toMatchObject({
    code: 'BLOSM_E_TIMEOUT',
    message: expect.stringMatching(message) as string,
  });
  expect(world.clock.nowMs() - fromMs).toBeLessThanOrEqual(DEFAULT_TIMEOUT_MS - MARGIN_MS);
}

describe('without an orderer the agent says what becomes of an order before the command line gives up', () => {
  it('migrate', async () => {
    const instanceId = await begin();
    world.channel.ordererRunning = false;
    await expectTimelyAnswer(() => control().migrations.start(orderOf(instanceId)), /mig-\w+ is not on the ledger yet/);
  });

  it('migration cancel', async () => {
    const instanceId = await begin();
    const { migrationId } = await run(control().migrations.start(orderOf(instanceId)));
    world.channel.ordererRunning = false;
    await expectTimelyAnswer(() => control().migrations.cancel(migrationId), /is being cancelled/);
  });

  it('migration retry', async () => {
    const instanceId = await begin();
    const { migrationId } = await run(control().migrations.start(orderOf(instanceId)));
    await run(control().migrations.cancel(migrationId));
    world.channel.ordererRunning = false;
    await expectTimelyAnswer(() => control().migrations.retry(migrationId), /is not on the ledger yet/);
  });

  it('instance remove', async () => {
    const instanceId = await begin();
    world.channel.ordererRunning = false;
    await expectTimelyAnswer(() => control().instances.remove(instanceId), /its removal is decided and goes on/);
  });
});

it('two waits of one order are not twice as long', async () => {
  const instanceId = await begin();
  const { migrationId } = await run(control().migrations.start(orderOf(instanceId)));
  // It is aborted late, and then not served again.
  world.channel.ordererRunning = false;
  const fromMs = world.clock.nowMs();
  const cancelled = control().migrations.cancel(migrationId);
  await world.clock.advance(25_000);
  jest.spyOn(world.agent(1).lanes, 'get').mockReturnValue(undefined);
  world.channel.ordererRunning = true;
  expect(await run(cancelled)).toMatchObject({ state: 'ABORTED' });
  expect(world.clock.nowMs() - fromMs).toBeLessThanOrEqual(DEFAULT_TIMEOUT_MS - MARGIN_MS);
});

it('an image has 15 minutes to come into the registry, pulling it included', async () => {
  await begin();
  const { engine } = world.node(1);
  engine.fault({ operation: 'pullImage', takesMs: 14 * 60_000 });
  engine.fault({ operation: 'pushImage', takesMs: 14 * 60_000 });
  const fields = serviceRegistration();
  const image = { repository: 'blosm/detect', tag: 'latest' };
  const fromMs = world.clock.nowMs();
  const registered = control().services.register({ ...fields, serviceId: 'late', image, runSpec: RUN_SPEC });
  await expect(run(registered)).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
  expect(world.clock.nowMs() - fromMs).toBe(15 * 60_000);
});
