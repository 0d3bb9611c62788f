import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterFabricFiles } from '../../network/fabric';
import { fabricLayout } from '../../network/fabric/layout';
import { packageRoot } from '../../network/package-root';
import { createDockerBench, type TestEngine } from '../support/docker';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { instanceCreation, nodeProfile, serviceRegistration } from '../support/ledger-samples';
import { oddIdentity } from '../support/odd-certificates';
import { issueAgent } from '../support/renewed-agent';
import { invoke } from '../unit/cli/invoke';
import { sectionScripts } from './support/readme-blocks';
import { openShell, type Shell } from './support/shell';

jest.setTimeout(300_000);

const PAGE = join(packageRoot(), 'agent/docs/operations.md');
const BASE_PORT = 25_050;
/** Without root and an engine to start, the page's blocks about one cannot be run. */
const HAS_ENGINE = process.getuid?.() === 0 && existsSync('/usr/sbin/dockerd');
const WHY_NOT = HAS_ENGINE ? '' : ' (skipped: it needs root and dockerd)';
const sectionBlocks = (heading: string) => sectionScripts(PAGE, heading);
const describeHere = HAS_ENGINE ? describe : describe.skip;

interface Finding {
  readonly check: string;
  readonly about: string;
  readonly state: string;
  readonly seen: string;
  readonly mend: string;
}

describeHere(`a cluster in the hands of its operator, by agent/docs/operations.md${WHY_NOT}`, () => {
  let work: string;
  let network: TestNetwork;
  let engine: TestEngine;
  let registry: string;
  /** The last one first. */
  const cleanUps: (() => Promise<void>)[] = [];
  let edge1: Shell;
  let edge2: Shell;

  /** The page's variables for one of the clusters. */
  const variables = (index: 1 | 2): Record<string, string> => {
    const name = `edge${index}`;
    const at = (folder: string) => join(work, name, folder);
    for (const folder of ['etc', 'state', 'run']) mkdirSync(at(folder), { recursive: true, mode: 0o700 });
    const { connectionProfile } = clusterFabricFiles(network.state, name);
    const { agent, admin } = fabricLayout(network.stateFolder).organization({ name, mspId: `Edge${index}MSP` });
    return {
      ...{ ETC: at('etc'), STATE: at('state'), RUN: at('run'), NAME: name, ADDRESS: '127.0.0.1', CHANNEL: 'blosm' },
      ...{ PROFILE: connectionProfile, CLIENT: agent.msp, ADMIN: admin.msp },
      ...{ GATEWAY_PORT: String(25_180 + index), PEER_PORT: String(25_190 + index) },
      ...{ REGISTRY: registry, DOCKER: engine.socketPath, LONGITUDE: index === 1 ? '144.9631' : '144.96992' },
      ...{ CERTIFICATE: at('new-cert.pem'), KEY: at('new-key.pem'), LOST: 'Edge3MSP' },
    };
  };

  const openFor = (index: 1 | 2): Shell => {
    const shell = openShell(join(work, `edge${index}`), {
      ...variables(index),
      PATH: `${work}:${process.env['PATH'] ?? ''}`,
    });
    cleanUps.push(() => shell.close());
    return shell;
  };

  /** The blocks of a section; its own heading is the first line that it has. */
  const runSection = async (
    shell: Shell,
    heading: string,
    wanted: (block: string) => boolean = () => true,
  ): Promise<string> => {
    const outputs: string[] = [];
    for (const block of sectionBlocks(heading).filter(wanted)) outputs.push(await shell.run(block));
    return outputs.join('\n');
  };

  /** Doctor on edge1 in this process, with changes to its surroundings. */
  const doctor = async (only: string, env: Record<string, string> = {}, nowMs = Date.now()) => {
    const surroundings = { cwd: work, env: { BLOSM_CONFIG: join(work, 'edge1/etc/blosm.yaml'), ...env }, nowMs };
    const { exitCode, stdout } = await invoke(['doctor', '--only', only, '-o', 'json'], surroundings);
    return { exitCode, items: (JSON.parse(stdout) as { items: Finding[] }).items };
  };

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'blosm-operate-'));
    const bench = createDockerBench();
    cleanUps.push(() => bench.close());
    network = await startFabricForTests(BASE_PORT);
    cleanUps.push(() => network.down());
    engine = await bench.engine('engine');
    registry = (await bench.registry('registry')).address;
    // As an installation puts it there.
    const program = `#!/bin/sh\nexec ${process.execPath} ${join(packageRoot(), 'agent/bin/blosm.js')} "$@"\n`;
    writeFileSync(join(work, 'blosm'), program, { mode: 0o755 });
    [edge1, edge2] = [openFor(1), openFor(2)];
    for (const shell of [edge1, edge2]) {
      await shell.run(sectionBlocks('# Operating a cluster')[0] ?? '');
    }
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    rmSync(work, { recursive: true, force: true });
  });

  it('is installed and joins, and its neighbour before it', async () => {
    expect(await runSection(edge1, '## Install')).toContain('0 fail, 0 warn, 0 skip, 1 ok');
    // To look at everything twice would take as long again.
    await runSection(edge2, '## Join a network', (block) => !block.startsWith('blosm doctor'));
    const output = await runSection(edge1, '## Join a network');
    expect(output).toMatch(/edge1 \(Edge1MSP\), ready/);
    // On Fabric 2.1 doctor says that this is for the sandbox; nothing else is to be found.
    expect(output).toMatch(/\n0 fail, [01] warn, 0 skip, \d+ ok\n*$/);
    expect(output).toMatch(/ok +agents +Edge2MSP: answers at https:\/\/127\.0\.0\.1:25192, release \d+\.\d+\.\d+/);
  });

  it('is watched, examined, cordoned and restarted', async () => {
    expect(await runSection(edge1, '## Watch')).toContain('"fault":null');
    expect(await runSection(edge1, '## When something is wrong')).toContain('/doctor.json');
    expect(await runSection(edge1, '## Take nothing new, or empty the cluster')).toContain('"cordoned":true');
    expect(await runSection(edge1, '## Restart and upgrade')).toMatch(/ok +agent +the agent runs and is ready/);
  });

  it('gets a new certificate', async () => {
    const { certificatePem, privateKeyPem } = await issueAgent(network.stateFolder, 'edge1', 'Edge1MSP');
    writeFileSync(join(work, 'edge1/new-cert.pem'), certificatePem);
    writeFileSync(join(work, 'edge1/new-key.pem'), privateKeyPem, { mode: 0o600 });
    const output = await runSection(edge1, '## Renew the certificate');
    expect(output).toContain('"registered":true');
    expect(output).toMatch(/warn +identity +.*it expires in 0 days/);
  });

  it('recovers from a kill, a lost disk and a lost neighbour', async () => {
    const admin = await network.connect('edge3', 'admin');
    const agentCertificatePem = await network.agentCertificatePem('edge3');
    await admin.submit('NodeContract:Register', [
      { ...nodeProfile('edge3'), agentUrl: 'https://127.0.0.1:1', agentCertificatePem },
    ]);
    const lost = await network.connect('edge3');
    await lost.submit('ServiceContract:Register', [serviceRegistration({ serviceId: 'kept', state: 'files' })]);
    await lost.submit('InstanceContract:Create', [instanceCreation({ serviceId: 'kept', instanceId: 'ins-kept' })]);
    await lost.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
    const output = await runSection(edge1, '## Recover');
    expect(output).toMatch(/ok +state +lock|ok +state +.*is the agent's own/);
    expect(await lost.query('InstanceContract:Get', ['ins-kept'])).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 2 });
  });

  it('leaves', async () => {
    await edge2.run(sectionBlocks('## Restart and upgrade')[0]?.split('\n')[0] ?? '');
    await runSection(edge2, '## Leave');
    const admin = await network.connect('edge3');
    const nodes = await admin.query('NodeContract:List', []);
    expect(nodes.map(({ nodeId }) => nodeId)).not.toContain('Edge2MSP');
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
        writeFileSync(join(work, name), text);
        return join(work, name);
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
      network.signal('orderer', 'SIGKILL');
      const orderer = await doctor('ledger');
      expect(failed(orderer.items, 'ledger')[0]?.seen).toMatch(/no orderer tells its newest block/);
      network.signal('edge1-peer', 'SIGKILL');
      await engine.stop();
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
