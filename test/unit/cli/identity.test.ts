import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConnectionProfile } from '../../../agent/adapters/fabric-grpc/connection-profile';
import { packageRoot } from '../../../network/package-root';
import { createAuthority } from '../../../network/fabric/pki/certificate-authority';
import { START_MS } from '../../fakes/control-records';
import { encryptedKey, oddIdentity, type OddIdentity, type Oddity } from '../../support/odd-certificates';
import { invoke, startBench } from './invoke';

const PROFILES = join(packageRoot(), 'test/fixtures/profiles');
const DAY_MS = 86_400_000;

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'blosm-identity-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const blosm = (line: string, env: Record<string, string> = {}) => invoke(line.split(' '), { cwd, env });
const put = (path: string, text: string) => {
  mkdirSync(join(cwd, path, '..'), { recursive: true });
  writeFileSync(join(cwd, path), text);
};
const config = () => readFileSync(join(cwd, 'blosm.yaml'), 'utf8');
const init = (more = '') => blosm(`init --msp-id Org1MSP --set state.directory=state${more}`);
const putPair = ({ certificatePem, keyPem }: OddIdentity) => {
  put('c.pem', certificatePem);
  put('k.pem', keyPem);
};

describe('blosm init for an existing network', () => {
  it.each(['connection-org1.json', 'connection-org1.yaml'])('takes %s as it is', async (name) => {
    put(name, readFileSync(join(PROFILES, name), 'utf8'));
    const made = await blosm(`init --name org1 --connection-profile ${name} --channel mychannel --as-localhost`);
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect(config()).toContain(`connectionProfile: ${name}`);
    expect(config()).toMatch(/mspId: Org1MSP[^]*channel: mychannel[^]*chaincode: blosm[^]*asLocalhost: true/);
    const validated = await blosm('config validate');
    expect(validated).toMatchObject({ exitCode: 0 });
    expect(validated.stdout).not.toContain('connectionProfile');
    const { ownPeers, orderers } = readConnectionProfile(join(cwd, name), 'Org1MSP');
    expect(ownPeers).toMatchObject([{ target: 'localhost:7051', tls: { serverName: 'peer0.org1.example.com' } }]);
    expect(orderers).toEqual([]);
  });

  it('says when the nodes are reached as localhost only', async () => {
    const { stderr } = await blosm(`init --connection-profile ${PROFILES}/connection-org1.json`);
    expect(stderr).toContain('add --as-localhost');
    expect(config()).toContain(`connectionProfile: ${PROFILES}/connection-org1.json`);
  });

  it('sets any other key, keeps the comments, and writes nothing that is not valid', async () => {
    const made = await init(' --set gateway.listen=127.0.0.1:8081 --set cluster.applicationTypes=[counter]');
    expect(made.exitCode).toBe(0);
    expect(config()).toContain('listen: 127.0.0.1:8081');
    expect(config()).toContain('# Where devices connect.');
    expect(config()).toMatch(/state:\n +directory: state\n/);
    expect((await blosm('config validate')).exitCode).toBe(0);
    for (const [set, exitCode, text] of [
      ['gateway.lissten=127.0.0.1:1', 3, 'did you mean "listen"'],
      ['gateway.listen=nowhere', 3, 'host:port'],
      ['gateway', 2, 'section.key=value'],
      ['cluster.site={', 2, 'not YAML'],
    ] as const) {
      const refused = await blosm(`init --config other.yaml --set ${set}`);
      expect(refused).toMatchObject({ exitCode, stdout: '' });
      expect(refused.stderr).toContain(text);
    }
    expect(() => readFileSync(join(cwd, 'other.yaml'))).toThrow();
  });

  it('keeps names that YAML would read as numbers', async () => {
    expect(await blosm('init --channel 1e3 --chaincode 007')).toMatchObject({ exitCode: 0 });
    expect((await blosm('config validate')).exitCode).toBe(0);
    expect(config()).toContain('channel: "1e3"');
  });

  it('refuses a profile that is none, or does not say whose it is', async () => {
    put('none.json', '{"peers": {}}');
    expect(await blosm('init --connection-profile none.json')).toMatchObject({ exitCode: 3 });
    expect(await blosm('init --connection-profile missing.json')).toMatchObject({ exitCode: 3 });
    const two = { organizations: { a: { mspid: 'A' }, b: { mspid: 'B' } }, peers: {} };
    put('two.json', JSON.stringify(two));
    expect((await blosm('init --connection-profile two.json')).stderr).toContain('does not say whose it is');
    expect(await blosm('init --connection-profile two.json --msp-id A')).toMatchObject({ exitCode: 0 });
  });
});

describe('blosm config validate', () => {
  it('looks into the files that are there, and names the line of the one that is wrong', async () => {
    put('connection.json', readFileSync(join(PROFILES, 'connection-org1.json'), 'utf8'));
    await blosm('init --connection-profile connection.json --msp-id Org9MSP');
    const { exitCode, stdout } = await blosm('config validate');
    const line = config()
      .split('\n')
      .findIndex((each) => each.includes('connectionProfile:'));
    expect(exitCode).toBe(3);
    expect(stdout).toContain(`blosm.yaml:${line + 1}:3: ledger.connectionProfile: `);
    expect(stdout).toContain('no organisation with mspid Org9MSP has a peer');
    expect(stdout).toContain('ledger.certificate: ');
    expect(stdout).toContain('is not there yet');
  });

  it('tells a key that does not fit and a certificate that has expired', async () => {
    await init();
    const expired = await oddIdentity({ notAfter: new Date(START_MS - DAY_MS / 2) });
    put('fabric/agent/cert.pem', expired.certificatePem);
    put('fabric/agent/key.pem', (await oddIdentity()).keyPem);
    const { exitCode, stdout } = await blosm('config validate');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/ledger\.certificate: it expired 1 days ago\n/);
    expect(stdout).toMatch(/ledger\.privateKey: .*key\.pem does not belong to .*cert\.pem\n/);
  });
});

describe('blosm config validate, of files for TLS', () => {
  it('names the line of the one that cannot be used, in the words of doctor, and what is not there yet', async () => {
    await init();
    const [one, other] = [await oddIdentity(), await oddIdentity()];
    put('fabric/agent/cert.pem', one.certificatePem);
    put('fabric/agent/key.pem', one.keyPem);
    put('site.pem', one.certificatePem);
    put('site.key', other.keyPem);
    const tls = '  tls: { certificate: site.pem, privateKey: site.key }\n';
    const control = 'control:\n  listen: 127.0.0.1:9443\n  clientCa: site.key\n';
    put('blosm.yaml', `${config().replace('gateway:\n', `gateway:\n${tls}`)}${control}`);
    const lineOf = (text: string) =>
      config()
        .split('\n')
        .findIndex((each) => each.includes(text)) + 1;
    const wrong = await blosm('config validate');
    expect(wrong.exitCode).toBe(3);
    const at = `blosm.yaml:${lineOf('tls: {')}:33: gateway.tls.privateKey: `;
    expect(wrong.stdout).toMatch(new RegExp(`${at}.*site\\.key does not belong to .*site\\.pem\n`));
    expect(wrong.stdout).toMatch(/blosm\.yaml:\d+:3: control\.clientCa: .*site\.key holds no certificate in PEM\n/);
    put('site.key', one.keyPem);
    put('blosm.yaml', config().replace('clientCa: site.key', 'clientCa: missing.pem'));
    const right = await blosm('config validate');
    expect(right.stdout).toMatch(/control\.clientCa: .*missing\.pem is not there yet\n/);
    expect(right.stdout).not.toMatch(/gateway\.tls|: control\./);
  });
});

describe('blosm identity import', () => {
  it('copies a pair for its owner only and names it in the configuration', async () => {
    await init();
    const before = config();
    const identity = await oddIdentity();
    putPair(identity);
    const { exitCode, stdout, stderr } = await blosm('identity import --cert c.pem --key k.pem');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/subject: +OU=client, CN=agent\n[^]*MSP: +Org1MSP\n[^]*units: +client\n/);
    expect(stderr).toContain('ledger.certificate is state/identity/cert.pem');
    expect(readFileSync(join(cwd, 'state/identity/cert.pem'), 'utf8')).toBe(identity.certificatePem);
    expect(readFileSync(join(cwd, 'state/identity/key.pem'), 'utf8')).toBe(identity.keyPem);
    for (const name of ['cert.pem', 'key.pem']) {
      expect(statSync(join(cwd, 'state/identity', name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(cwd, 'state/identity')).mode & 0o777).toBe(0o700);
    expect(config()).toBe(
      before
        .replace('fabric/agent/cert.pem', 'state/identity/cert.pem')
        .replace('fabric/agent/key.pem', 'state/identity/key.pem'),
    );
    expect((await blosm('config validate')).exitCode).toBe(0);
  });

  it('finds the parts in an msp folder, the right key among older ones', async () => {
    await init();
    const authority = await createAuthority('ca', 'Org1');
    const user = await authority.issue({ commonName: 'User1@org1.example.com', unit: 'client', hosts: ['localhost'] });
    put('msp/signcerts/User1@org1.example.com-cert.pem', user.certificatePem);
    put('msp/keystore/0old_sk', (await oddIdentity()).keyPem);
    put('msp/keystore/priv_sk', user.keyPem);
    put('msp/cacerts/ca.pem', authority.credential.certificatePem);
    const line = 'identity import --msp msp --msp-id Org1MSP -o json';
    const { exitCode, stdout } = await invoke(line.split(' '), { cwd, nowMs: Date.now() });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'Identity',
      mspId: 'Org1MSP',
      units: ['client'],
      alternativeNames: ['DNS:localhost'],
      warnings: [],
      certificate: join(cwd, 'state/identity/cert.pem'),
    });
    put('msp/cacerts/ca.pem', (await createAuthority('other', 'Org1')).credential.certificatePem);
    expect((await blosm('identity import --msp msp')).stderr).toContain('was not issued by a certificate authority');
  });

  it.each<[string, Oddity]>([
    ['expired 1 days ago', { notAfter: new Date(START_MS - DAY_MS / 2) }],
    ['not valid yet', { notBefore: new Date(START_MS + DAY_MS) }],
    ['its key is secp384r1', { curve: 'P-384' }],
    ['it is an admin', { units: ['admin'] }],
    ['it is that of a peer', { units: ['peer'] }],
    ["certificate authority's", { isAuthority: true }],
  ])('refuses with a sentence and writes nothing: %s', async (reason, oddity) => {
    await init();
    const before = config();
    putPair(await oddIdentity(oddity));
    const { exitCode, stdout, stderr } = await blosm('identity import --cert c.pem --key k.pem');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(reason);
    expect(() => statSync(join(cwd, 'state'))).toThrow();
    expect(config()).toBe(before);
  });

  it('takes an admin when told to, and warns', async () => {
    await init();
    putPair(await oddIdentity({ units: ['admin'] }));
    const { exitCode, stdout } = await blosm('identity import --cert c.pem --key k.pem --allow-admin');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/warning: +it is an admin/);
  });

  it('refuses what cannot be read or does not belong together', async () => {
    await init();
    const identity = await oddIdentity();
    const refusals: [string, string, RegExp][] = [
      [identity.certificatePem, (await oddIdentity()).keyPem, /does not belong to the certificate/],
      [identity.certificatePem, encryptedKey(), /is encrypted[^]*openssl pkey -in/],
      [identity.certificatePem, 'nonsense', /is no private key/],
      ['nonsense', identity.keyPem, /holds no certificate/],
      [identity.certificatePem.repeat(2), identity.keyPem, /holds 2 certificates/],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', identity.keyPem, /no certificate that can be/],
    ];
    for (const [certificatePem, keyPem, reason] of refusals) {
      putPair({ certificatePem, keyPem });
      const { exitCode, stderr } = await blosm('identity import --cert c.pem --key k.pem');
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(reason);
    }
    expect(await blosm('identity import --cert missing.pem --key k.pem')).toMatchObject({ exitCode: 3 });
    expect((await blosm('identity import --msp nowhere')).stderr).toContain('holds 0 files');
    put('msp/signcerts/cert.pem', identity.certificatePem);
    expect((await blosm('identity import --msp msp')).stderr).toContain('there is no private key');
    expect(() => statSync(join(cwd, 'state'))).toThrow();
  });

  it('wants to know what and for whom', async () => {
    expect(await blosm('identity import --cert c.pem')).toMatchObject({ exitCode: 2 });
    expect(await blosm('identity import --msp m --cert c.pem')).toMatchObject({ exitCode: 2 });
    await init();
    putPair(await oddIdentity());
    const other = await blosm('identity import --cert c.pem --key k.pem --msp-id Org2MSP');
    expect(other).toMatchObject({ exitCode: 3 });
    expect(other.stderr).toContain('the configuration is for Org1MSP');
    const noted = await blosm('identity import --cert c.pem --key k.pem', { BLOSM_LEDGER_CERTIFICATE: 'other.pem' });
    expect(noted.stderr).toContain('BLOSM_LEDGER_CERTIFICATE is set');
  });
});

describe('blosm identity show', () => {
  it('says what it is and that nobody can tell whether it is registered', async () => {
    await init(' --set control.socket=nobody.sock');
    putPair(await oddIdentity({ notAfter: new Date(START_MS + 10 * DAY_MS) }));
    await blosm('identity import --cert c.pem --key k.pem');
    const { exitCode, stdout } = await blosm('identity show');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/days left: +9\n[^]*registered: +unknown[^]*warning: +it expires in 9 days/);
    rmSync(join(cwd, 'state/identity/key.pem'));
    expect(await blosm('identity show')).toMatchObject({ exitCode: 3 });
  });

  it('asks the agent whether the ledger has it', async () => {
    const bench = await startBench();
    try {
      cwd = bench.directory;
      await blosm('init --name edge1 --set state.directory=state');
      putPair(await oddIdentity());
      await blosm('identity import --cert c.pem --key k.pem');
      const show = () => bench.blosm(['identity', 'show', '-o', 'json']);
      const first = JSON.parse((await show()).stdout) as { sha256: string };
      expect(first).toMatchObject({ mspId: 'Edge1MSP', registered: false });
      const [self, ...others] = await bench.service.clusters.list();
      const registered = { ...self!, agentCertificateSha256: `sha256:${first.sha256}` };
      bench.service.clusters.list = () => Promise.resolve([registered, ...others]);
      expect(JSON.parse((await show()).stdout)).toMatchObject({ registered: true });
    } finally {
      await bench.close();
      cwd = mkdtempSync(join(tmpdir(), 'blosm-identity-'));
    }
  });
});
