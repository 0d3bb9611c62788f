import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CounterDevice } from '../support/counter-device';
import { oddIdentity } from '../support/odd-certificates';
import { issueAgent } from '../support/renewed-agent';
import { invoke } from '../unit/cli/invoke';
import { startLostCluster } from './support/lost-cluster';
import { SETTINGS, startOperators, untilServed, WHY_NOT, type Operator, type Operators } from './support/operators';
import { upgradeTests } from './support/upgrades';

jest.setTimeout(300_000);

const describeHere = WHY_NOT === '' ? describe : describe.skip;
/** Covered by both clusters. */
const BETWEEN = { latitude: -37.8136, longitude: 144.9665 };

interface Finding {
  readonly check: string;
  readonly about: string;
  readonly state: string;
  readonly seen: string;
  readonly mend: string;
}

/** A variable of an operator's shell. */
const valueIn = async ({ shell }: Operator, name: string): Promise<string> =>
  (await shell.run(`echo "$${name}"`)).trim();

describeHere(`a cluster in the hands of its operator, by agent/docs/operations.md${WHY_NOT}`, () => {
  let operators: Operators;
  let edge1: Operator;
  let edge2: Operator;
  const vehicles: CounterDevice[] = [];

  const vehicle = (instanceId: string): CounterDevice => {
    const found = vehicles.find((device) => device.instanceId === instanceId);
    if (found === undefined) throw new Error(`no vehicle has instance ${instanceId}`);
    return found;
  };

  /** A device whose first request has got it an instance at the cluster. */
  const arriveAt = async ({ gatewayUrl, name }: Operator): Promise<CounterDevice> => {
    const device = new CounterDevice(`vehicle-${vehicles.length + 1}`, gatewayUrl, BETWEEN);
    vehicles.push(device);
    expect(await untilServed(device)).toMatchObject({ servedBy: name });
    return device;
  };

  /** Doctor on edge1 in this process, with changes to its surroundings. */
  const doctor = async (only: string, env: Record<string, string> = {}, nowMs = Date.now()) => {
    const BLOSM_CONFIG = join(operators.work, 'edge1/etc/blosm.yaml');
    const surroundings = { cwd: operators.work, env: { BLOSM_CONFIG, ...SETTINGS, ...env }, nowMs };
    const { exitCode, stdout } = await invoke(['doctor', '--only', only, '-o', 'json'], surroundings);
    return { exitCode, items: (JSON.parse(stdout) as { items: Finding[] }).items };
  };

  beforeAll(async () => {
    operators = await startOperators();
    ({ edge1, edge2 } = operators);
  });

  afterAll(() => operators.close());

  it('is installed and joins, and its neighbour before it', async () => {
    expect(await edge1.section('## Install')).toContain('0 fail, 0 warn, 0 skip, 1 ok');
    // To look at everything twice would take as long again.
    await edge2.section('## Join a network', (block) => !block.startsWith('blosm doctor'));
    const output = await edge1.section('## Join a network');
    expect(output).toMatch(/edge1 \(Edge1MSP\), ready/);
    // On Fabric 2.1 doctor says that this is for the sandbox; nothing else is to be found.
    expect(output).toMatch(/\n0 fail, [01] warn, 0 skip, \d+ ok\n*$/);
    expect(output).toMatch(/ok +agents +Edge2MSP: answers at https:\/\/127\.0\.0\.1:25192, release \d+\.\d+\.\d+/);
  });

  it('offers a service, and is watched and examined while it serves', async () => {
    expect(await edge1.section('## Offer a service')).toMatch(/blosm\/counter/);
    await arriveAt(edge1);
    await arriveAt(edge1);
    const watched = await edge1.section('## Watch');
    expect(watched).toContain('"fault":null');
    for (const { instanceId } of vehicles) expect(watched).toContain(instanceId);
    expect(await edge1.section('## When something is wrong')).toContain('/doctor.json');
  });

  it('moves an instance to its neighbour, and is told all about it', async () => {
    const output = await edge1.section('## Move an instance');
    const [instanceId, migrationId] = [await valueIn(edge1, 'INSTANCE'), await valueIn(edge1, 'MIGRATION')];
    expect(output).toMatch(/CLUSTER +WOULD TAKE[^]*edge2 +yes/);
    expect(output).toContain('commit it to an image');
    expect(output).toMatch(new RegExp(`${migrationId}.*COMPLETED`));
    for (const phase of ['propose', 'stop', 'push', 'pull', 'warm'])
      expect(output).toMatch(new RegExp(`^ *${phase} `, 'm'));
    expect(output).toContain(`to move it again: blosm migrate ${instanceId} at edge2`);
    expect(await untilServed(vehicle(instanceId))).toMatchObject({ servedBy: 'edge2' });
  });

  it('stops a move of which its neighbour hears nothing, and begins it again', async () => {
    const instanceId = await valueIn(edge1, 'INSTANCE');
    await edge2.shell.run(`INSTANCE=${instanceId}`);
    const stop = (block: string) => block.includes('migration cancel');
    const stopped = await edge1.whileFrozen(() => edge2.section('### Stop a move, and begin it again', stop));
    expect(stopped).toMatch(/state: +PROPOSED\nruns at: +edge2\n/);
    expect(stopped).toMatch(/to keep the service at edge2: blosm migration cancel/);
    expect(await untilServed(vehicle(instanceId))).toMatchObject({ servedBy: 'edge2' });
    const again = await edge2.section('### Stop a move, and begin it again', (block) => !stop(block));
    expect(again).toMatch(new RegExp(`${await valueIn(edge2, 'MIGRATION')}.*COMPLETED`));
    expect(await untilServed(vehicle(instanceId))).toMatchObject({ servedBy: 'edge1' });
  });

  it('is cordoned and emptied', async () => {
    const output = await edge1.section('## Take nothing new, or empty the cluster');
    expect(output).toContain('"cordoned":true');
    expect(output).toContain('{"isDone":true,"moved":2}');
    for (const device of vehicles) expect(await untilServed(device)).toMatchObject({ servedBy: 'edge2' });
  });

  upgradeTests(() => ({ ...operators, vehicles }));

  it('gets a new certificate', async () => {
    const { certificatePem, privateKeyPem } = await issueAgent(operators.network.stateFolder, 'edge1', 'Edge1MSP');
    writeFileSync(join(operators.work, 'edge1/new-cert.pem'), certificatePem);
    writeFileSync(join(operators.work, 'edge1/new-key.pem'), privateKeyPem, { mode: 0o600 });
    const output = await edge1.section('## Renew the certificate');
    expect(output).toContain('"registered":true');
    expect(output).toMatch(/warn +identity +.*it expires in 0 days/);
  });

  it('recovers from a kill, a lost disk and a lost neighbour', async () => {
    const isAboutOthers = (block: string) => block.includes('--accept-loss');
    const output = await edge1.section('## Recover', (block) => !isAboutOthers(block));
    expect(output).toMatch(/ok +state +lock|ok +state +.*is the agent's own/);

    const lost = await startLostCluster(operators.network);
    const device = await arriveAt(edge1);
    const { count } = await untilServed(device);
    const migrationId = (await edge1.shell.run(`blosm migrate ${device.instanceId} --to edge3 -o name`)).trim();
    await lost.takeOver(migrationId);
    await lost.lose();
    const told = await edge1.shell.run(`blosm migration explain ${migrationId}`);
    expect(told).toContain(`blosm instance recover ${device.instanceId} --accept-loss, which keeps a copy`);
    const recovered = await edge1.section('## Recover', isAboutOthers);
    expect(recovered).toMatch(new RegExp(device.instanceId));
    const instanceOf = (instanceId: string) => lost.ledger.query('InstanceContract:Get', [instanceId]);
    expect(await instanceOf('ins-kept')).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 2, recoveredFrom: 'image' });
    const kept = { ownerNodeId: 'Edge1MSP', epoch: 3, recoveredFrom: 'copy' };
    expect(await instanceOf(device.instanceId)).toMatchObject(kept);
    // The copy had every write when it was handed over, and goes on with the next one.
    expect(await untilServed(device)).toMatchObject({ servedBy: 'edge1', count: (count ?? NaN) + 1 });
    expect(await edge1.containersOf(device.instanceId)).toMatchObject([{ state: 'running' }]);
  });

  it('leaves', async () => {
    await edge2.section('## Leave');
    const admin = await operators.network.connect('edge3', 'admin');
    const nodes = await admin.query('NodeContract:List', []);
    expect(nodes.map(({ nodeId }) => nodeId)).not.toContain('Edge2MSP');
    // What it ran goes on at its neighbour.
    for (const device of vehicles) {
      device.gatewayUrl = edge1.gatewayUrl;
      expect(await untilServed(device)).toMatchObject({ servedBy: 'edge1' });
    }
  });

  it('was shown every command of the page', () => {
    expect(operators.blocksLeft()).toEqual([]);
  });

  describe('whose parts break one after the other', () => {
    const failed = (items: readonly Finding[], check: string) =>
      items.filter((item) => item.check === check && item.state === 'fail');

    it('hears of a key that does not fit and of an expired certificate', async () => {
      const [other, expired] = await Promise.all([
        oddIdentity(),
        oddIdentity({ notAfter: new Date(Date.now() - 86_400_000) }),
      ]);
      const put = (name: string, text: string) => {
        writeFileSync(join(operators.work, name), text);
        return join(operators.work, name);
      };
      const wrongKey = await doctor('identity', { BLOSM_LEDGER_PRIVATE_KEY: put('other.pem', other.keyPem) });
      expect(wrongKey.exitCode).toBe(10);
      expect(wrongKey.items[0]?.seen).toContain('does not belong to');
      const files = {
        BLOSM_LEDGER_CERTIFICATE: put('expired.pem', expired.certificatePem),
        BLOSM_LEDGER_PRIVATE_KEY: put('expired-key.pem', expired.keyPem),
      };
      const { exitCode, items } = await doctor('identity,ledger,issuer', files);
      expect(exitCode).toBe(10);
      expect(failed(items, 'identity')[0]?.seen).toMatch(/it expired \d+ days ago/);
      expect(failed(items, 'identity')[0]?.mend).toMatch(/blosm identity import/);
      expect(failed(items, 'ledger')[0]?.seen).toMatch(/does not let this identity in/);
      expect(items.find(({ check }) => check === 'issuer')?.state).toBe('skip');
    });

    it('hears of a clock that is wrong', async () => {
      const ahead = await doctor('clock', {}, Date.now() + 45_000);
      expect(ahead.exitCode).toBe(10);
      expect(failed(ahead.items, 'clock').length).toBe(3);
      expect(ahead.items[0]?.seen).toMatch(/ahead of its own by more than 30 s/);
      const behind = await doctor('clock', {}, Date.now() - 15_000);
      expect(behind).toMatchObject({ exitCode: 0, items: [{ state: 'warn' }, { state: 'warn' }, { state: 'warn' }] });
    });

    it('hears of names that lead nowhere on the channel', async () => {
      const channel = await doctor('ledger', { BLOSM_LEDGER_CHANNEL: 'nochannel' });
      expect(failed(channel.items, 'ledger')[0]?.seen).toMatch(/has not joined channel nochannel/);
      const chaincode = await doctor('chaincode,endorsement', { BLOSM_LEDGER_CHAINCODE: 'nocode' });
      expect(chaincode.items).toMatchObject([
        { state: 'fail', seen: 'no chaincode nocode is committed on the channel' },
        { state: 'skip' },
      ]);
    });

    it('hears of a neighbour that does not answer', async () => {
      const { exitCode, items } = await doctor('agents,lease');
      expect(exitCode).toBe(0);
      expect(items).toContainEqual(expect.objectContaining({ check: 'agents', about: 'Edge3MSP', state: 'skip' }));
      expect(items).toContainEqual(expect.objectContaining({ check: 'lease', state: 'ok' }));
    });

    it('hears of the own peer, of the orderer and of Docker', async () => {
      operators.network.signal('orderer', 'SIGKILL');
      const orderer = await doctor('ledger');
      expect(failed(orderer.items, 'ledger')[0]?.seen).toMatch(/no orderer tells its newest block/);
      operators.network.signal('edge1-peer', 'SIGKILL');
      await edge1.engine.stop();
      const { exitCode, items } = await doctor('ledger,tls,lease,engine,capacity');
      expect(exitCode).toBe(10);
      expect(failed(items, 'ledger')[0]).toMatchObject({
        seen: expect.stringContaining('the own peer does not answer') as string,
        mend: expect.stringContaining('blosm network status') as string,
      });
      expect(failed(items, 'tls').map(({ about }) => about)).toEqual(['peer edge1-peer', 'orderer orderer']);
      expect(failed(items, 'engine')[0]?.mend).toMatch(/systemctl (re)?start docker/);
      expect(items.filter(({ state }) => state === 'skip').map(({ check }) => check)).toEqual(['capacity', 'lease']);
    });
  });
});
