import { createLog } from '../../../agent/adapters/log';
import type { Log } from '../../../agent/ports/log';
import { RUN_SPEC } from '../../support/run-spec';
import { nearNode, publish, startWorld, type World } from '../../support/agents';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

const SECRET_VALUE = 'hunter2-of-the-camera';
const DEVICE_ID = 'licence-plate-ABC-123';

let world: World;
afterEach(() => world.end());

/** All lines of all agents, from the least important on, as they would be written. */
function written(): string[] {
  const lines: string[] = [];
  const log: Log = createLog({ level: 'debug', destination: { write: (text) => void lines.push(text) } });
  for (const node of world.nodes.values()) {
    for (const { level, fields, message } of node.log.lines) log[level](fields, message);
  }
  return lines;
}

const rawLines = (): string[] =>
  [...world.nodes.values()].flatMap((n) => n.log.lines.map((line) => JSON.stringify(line)));

async function scenario(): Promise<string[]> {
  world = await startWorld();
  const env = [{ name: 'PASSWORD', value: SECRET_VALUE, secret: true }];
  await publish(world, 'vault', 'counter', 'none', { spec: { env } });
  // As its registration does.
  await world.agent(1).specs.keep({ ...RUN_SPEC, env });
  const device = { deviceId: DEVICE_ID, position: nearNode(1) };
  const first = await world.request(1, device);
  const vault = await world.request(1, { ...device, serviceId: 'vault' });
  const secrets = [first.token, vault.token].map((token) => token.split('.')[1] ?? '');
  // A wrong token, an unknown one, a move that is refused for the secret, one that succeeds, one whose destination dies.
  await world.request(1, { token: `${first.instanceId}.wrong-secret-of-somebody` });
  await world.request(2, { token: 'inst-unknown.wrong-secret-of-somebody' });
  await world.request(1, { token: vault.token, serviceId: 'vault', position: nearNode(2) });
  await world.clock.advance(5000);
  await world.request(1, { token: vault.token, serviceId: 'vault', position: nearNode(2) });
  await world.request(2, { token: first.token, position: nearNode(2) });
  await world.until('moved', async () => (await world.migrations()).some(({ state }) => state === 'COMPLETED'));
  const third = await world.request(2, { token: first.token, position: nearNode(3) });
  world.crash(3);
  await world.clock.advance(40_000);
  await world.restart(3);
  await world.clock.advance(20_000);
  expect([first, vault, third].map(({ status }) => status)).toEqual([200, 200, 200]);
  return [...secrets, 'wrong-secret-of-somebody', SECRET_VALUE, DEVICE_ID, third.token.split('.')[1] ?? ''].filter(
    (secret) => secret !== '',
  );
}

test('no secret and no device id is in any line, not even before they are redacted', async () => {
  const secrets = await scenario();
  expect(secrets.length).toBeGreaterThanOrEqual(5);
  const raw = rawLines();
  expect(raw.length).toBeGreaterThan(20);
  for (const lines of [raw, written()]) {
    for (const secret of secrets) expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  }
  // The watch works: what is said of the device is its hash, and it is the same each time.
  const hashes = raw.flatMap((line) => /"deviceHash":"([0-9a-f]{16})"/.exec(line)?.[1] ?? []);
  expect(new Set(hashes).size).toBe(1);
});

test('every line about a migration says which one and of which instance, and those that wrote say the transaction', async () => {
  await scenario();
  const lines = [...world.nodes.values()].flatMap((node) => node.log.lines);
  const steps = lines.filter(({ message }) => /^step /.test(message));
  expect(steps.length).toBeGreaterThan(20);
  for (const { fields } of steps) {
    expect(fields).toMatchObject({ instanceId: expect.stringMatching(/^inst-/) as string });
    expect(fields).toHaveProperty('migrationId');
  }
  const commits = steps.filter(
    ({ fields, message }) =>
      message === 'step done' && ['propose', 'hand-over', 'complete', 'prepare'].includes(String(fields['name'])),
  );
  expect(commits.length).toBeGreaterThanOrEqual(4);
  for (const { fields } of commits) {
    expect(fields).toMatchObject({
      migrationId: expect.stringMatching(/^mig-/) as string,
      transactionId: expect.stringMatching(/./) as string,
    });
  }
});

test('what others put into a line is redacted by its name', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: (text) => void lines.push(text) } });
  const secret = 'very-secret-value';
  log.info({ token: secret, order: { env: secret, deep: { password: secret } }, authorization: secret }, 'said');
  log.info({ headers: { cookie: secret, authorization: secret }, privateKey: secret }, 'said');
  expect(lines.join('')).not.toContain(secret);
  expect(lines).toHaveLength(2);
});
