import { judgeAgent, judgeOwnAgent, type AgentLook } from '../../../../agent/domain/doctor/agents';
import { judgeIssuer, judgeOwnIdentity, judgeTls, type TlsLook } from '../../../../agent/domain/doctor/certificates';
import type { NodeEndpoint } from '../../../../agent/domain/doctor/channel-facts';
import { judgeCapacity, judgeEngine, type EngineLook, type SocketLook } from '../../../../agent/domain/doctor/engine';
import { judgePosition, type Site } from '../../../../agent/domain/doctor/position';
import { judgeRegistry, type RegistryLook } from '../../../../agent/domain/doctor/registry';
import type { IdentityFacts } from '../../../../agent/domain/identity';

const NOW_MS = 1_790_000_000_000;
const DAY_MS = 86_400_000;

const facts = (changes: Partial<IdentityFacts> = {}): IdentityFacts => ({
  subject: 'OU=client, CN=agent',
  issuer: 'CN=CA',
  units: ['client'],
  alternativeNames: [],
  restrictedTo: [],
  isAuthority: false,
  curve: 'prime256v1',
  validFromMs: NOW_MS - DAY_MS,
  validToMs: NOW_MS + 365 * DAY_MS,
  sha256: 'a'.repeat(64),
  ...changes,
});

describe("the agent's identity", () => {
  it.each<[string, Partial<IdentityFacts>, boolean, string, RegExp]>([
    ['good', {}, true, 'ok', /CN=agent, 365 days left/],
    ['soon over', { validToMs: NOW_MS + 9 * DAY_MS }, true, 'warn', /expires in 9 days/],
    ['expired', { validToMs: NOW_MS - 2 * DAY_MS }, true, 'fail', /expired 2 days ago/],
    ["another key's", {}, false, 'fail', /ledger\.privateKey does not belong to cert\.pem/],
  ])('%s', (_name, changes, isPair, state, seen) => {
    const [finding] = judgeOwnIdentity({ file: 'cert.pem', facts: facts(changes), isPair, nowMs: NOW_MS });
    expect(finding?.state).toBe(state);
    expect(finding?.seen).toMatch(seen);
    expect(finding?.mend ?? '').toMatch(state === 'ok' ? /^$/ : /blosm identity import/);
  });

  it('is of an authority that the channel knows', () => {
    expect(judgeIssuer('Org1MSP', 'CN=CA', true)).toMatchObject({ state: 'ok' });
    expect(judgeIssuer('Org1MSP', 'CN=CA', false)).toMatchObject({ state: 'fail' });
  });
});

describe("a node's TLS", () => {
  const endpoint = (changes: Partial<NodeEndpoint> = {}): NodeEndpoint => ({
    ...{ name: 'peer0', role: 'peer', mspId: 'Org1MSP', target: 'peer0:7051', source: 'profile', isOwnPeer: true },
    ...{ tls: { rootsPem: '', serverName: null } },
    ...changes,
  });
  const shown = (changes: object = {}): TlsLook => ({
    ...{ distrust: undefined, issuer: 'CN=tlsca', alternativeNames: ['DNS:peer0'], fits: true },
    ...{ validToMs: NOW_MS + 100 * DAY_MS },
    ...changes,
  });
  const lost = (code: string): TlsLook => ({ failure: `${code}!`, code });
  const judge = (look: TlsLook, changes: Partial<NodeEndpoint> = {}, asLocalhost = false) =>
    judgeTls({ endpoint: endpoint(changes), expected: 'peer0', look, nowMs: NOW_MS, asLocalhost });
  const announced = { source: 'discovery', isOwnPeer: false } as const;

  it.each([
    ['good', judge(shown()), 'ok', /100 days left/, /^$/],
    [
      'soon over',
      judge(shown({ validToMs: NOW_MS + 5 * DAY_MS })),
      'warn',
      /expires in 5 days/,
      /Let Org1MSP renew it/,
    ],
    [
      'expired',
      judge(shown({ validToMs: NOW_MS - DAY_MS }), { mspId: '' }),
      'fail',
      /expired 1 days ago/,
      /its organisation renew/,
    ],
    ['for another name', judge(shown({ fits: false })), 'fail', /is for DNS:peer0, not for peer0/, /ssl-target-name/],
    ['for no name', judge(shown({ fits: false, alternativeNames: [] })), 'fail', /is for no name/, /./],
    [
      'not trusted',
      judge(shown({ distrust: 'SELF_SIGNED' })),
      'fail',
      /issuer CN=tlsca\) is not trusted: SELF/,
      /tlsCACerts/,
    ],
    ['down', judge(lost('ECONNREFUSED')), 'fail', /not reached at peer0:7051: ECONNREFUSED!/, /nc -vz peer0 7051\.$/],
    ["another's, down", judge(lost('ECONNREFUSED'), { isOwnPeer: false }), 'warn', /not reached/, /nc -vz/],
    ['an orderer, down', judge(lost('ECONNREFUSED'), { role: 'orderer', isOwnPeer: false }), 'fail', /not/, /nc/],
    ['of an unknown name', judge(lost('ENOTFOUND'), announced), 'warn', /leads nowhere/, /asLocalhost: true/],
    ['of an unknown name in the profile', judge(lost('ENOTFOUND')), 'fail', /not reached/, /nc -vz/],
    [
      'looked for here',
      judge(lost('ECONNREFUSED'), announced, true),
      'warn',
      /asLocalhost is true/,
      /asLocalhost: false/,
    ],
    ['looked for here by the profile', judge(lost('ECONNREFUSED'), {}, true), 'fail', /not reached/, /nc -vz/],
  ])('%s', (_name, finding, state, seen, mend) => {
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
    expect(finding.mend).toMatch(mend);
  });
});

describe('the engine', () => {
  const file: SocketLook = { canUse: true, group: 'docker', isOpenToAll: false };
  const good: EngineLook = { engineVersion: '27.5.1', imageStore: 'overlay2' };

  it.each<[string, SocketLook, EngineLook, string, RegExp, RegExp]>([
    ['good', file, good, 'ok', /27\.5\.1, image store overlay2/, /^$/],
    ['of a name that is no number', file, { ...good, engineVersion: 'dev' }, 'ok', /dev/, /^$/],
    ['just new enough', file, { ...good, engineVersion: '20.10.0' }, 'ok', /20\.10/, /^$/],
    ['of a major alone', file, { ...good, engineVersion: '' }, 'ok', /Docker Engine/, /^$/],
    ['20.9', file, { ...good, engineVersion: '20.9.1' }, 'fail', /older than 20\.10/, /apt-get install/],
    ['19', file, { ...good, engineVersion: '19' }, 'fail', /older/, /apt-get/],
    [
      "with containerd's store",
      file,
      { ...good, imageStore: 'io.containerd.snapshotter.v1' },
      'fail',
      /only be watched/,
      /daemon\.json/,
    ],
    ['silent', file, { failure: 'hang up' }, 'fail', /does not answer: hang up/, /systemctl restart docker/],
    ['absent', null, good, 'fail', /is not there/, /systemctl start docker/],
    [
      'forbidden',
      { ...file, canUse: false },
      good,
      'fail',
      /group docker, and this user may not/,
      /usermod -aG docker USER/,
    ],
  ])('%s', (_name, socket, look, state, seen, mend) => {
    const [finding] = judgeEngine('/run/docker.sock', socket, look);
    expect(finding?.state).toBe(state);
    expect(finding?.seen).toMatch(seen);
    expect(finding?.mend ?? '').toMatch(mend);
  });

  it('is not to be open to everybody, and never told to be', () => {
    const findings = judgeEngine('/run/docker.sock', { ...file, isOpenToAll: true }, good);
    expect(findings).toMatchObject([
      { state: 'ok' },
      { state: 'warn', mend: expect.stringContaining('chmod 660') as string },
    ]);
    const texts = [null, file, { ...file, canUse: false }].map((each) => JSON.stringify(judgeEngine('s', each, good)));
    expect(texts.join('')).not.toContain('666');
  });
});

describe('the capacity', () => {
  const GIBI = 1024 ** 3;
  const host = { memoryBytes: 8 * GIBI, cpuMillis: 4000, gpuMillis: 0, diskBytes: 100 * GIBI };
  const free = { memoryBytes: 4 * GIBI, cpuMillis: 4000, gpuMillis: 0, diskBytes: 50 * GIBI };

  it.each([
    ['all of the host', {}, {}, [['', 'ok']]],
    ['what is free', { memoryBytes: 2 * GIBI, diskBytes: GIBI, cpuMillis: 4000 }, {}, [['', 'ok']]],
    ['more memory than there is', { memoryBytes: 9 * GIBI }, {}, [['memory', 'fail']]],
    ['more memory than is free', { memoryBytes: 5 * GIBI }, {}, [['memory', 'warn']]],
    ['more disk than there is', { diskBytes: 101 * GIBI }, {}, [['disk', 'fail']]],
    ['more cores than there are', { cpuMillis: 4001 }, {}, [['cpu', 'fail']]],
    ['anything on a full disk', {}, { diskBytes: 1000 }, [['disk', 'warn']]],
  ])('of %s', (_name, declared, changes, expected) => {
    const findings = judgeCapacity({ declared, total: host, free: { ...free, ...changes } });
    expect(findings.map(({ about, state }) => [about, state])).toEqual(expected);
  });
});

describe('the registry', () => {
  it.each<[string, string, boolean, RegistryLook, string, RegExp]>([
    ['over TLS', 'r:5000', true, { status: 200, isTls: true }, 'ok', /takes the login, over TLS/],
    ['here without TLS', 'localhost:5000', true, { status: 200, isTls: false }, 'ok', /takes the login$/],
    ['without TLS', 'r:5000', false, { status: 200, isTls: false }, 'warn', /without TLS/],
    ['without TLS but with a password', 'r:5000', true, { status: 200, isTls: false }, 'fail', /in the clear/],
    ['that wants a login', 'r:5000', false, { status: 401, isTls: true }, 'fail', /wants a login/],
    ['that refuses the login', 'r:5000', true, { status: 403, isTls: true }, 'fail', /refuses the login/],
    ['that is none', 'r:5000', false, { status: 404, isTls: true }, 'fail', /as no registry does/],
    ['that is down', 'r:5000', false, { failure: 'ECONNREFUSED', isUntrusted: false }, 'fail', /does not answer/],
    ['that is not trusted', 'r:5000', false, { failure: 'SELF_SIGNED', isUntrusted: true }, 'fail', /is not trusted/],
  ])('%s', (_name, address, hasLogin, look, state, seen) => {
    const finding = judgeRegistry(address, hasLogin, look);
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
    expect(finding.mend === '').toBe(state === 'ok');
  });
});

describe('other agents', () => {
  const protocol = { oldest: 1, newest: 1 };
  const failed = (kind: 'silent' | 'refuses' | 'other-protocol', release: string | null = null): AgentLook => ({
    ...{ kind, release, failure: 'ECONNREFUSED' },
  });
  it.each<[string, boolean, AgentLook, string, RegExp]>([
    ['that answers', false, { kind: 'answers', release: '1', protocol }, 'ok', /release 1, speaks version 1 of/],
    [
      'of another release',
      false,
      { kind: 'answers', release: '2', protocol: { oldest: 1, newest: 2 } },
      'ok',
      /release 2 \(this one is 1\), speaks versions 1 to 2 of/,
    ],
    ['that does not tell', false, { kind: 'answers', release: null, protocol }, 'ok', /release unknown, speaks/],
    ['that is too old', false, failed('other-protocol'), 'fail', /\(release unknown; this one is 1\) cannot work/],
    ['that is too new', true, failed('other-protocol', '9'), 'fail', /\(release 9; this one is 1\) cannot work/],
    ['that refuses', false, failed('refuses', '1'), 'fail', /refuses this one/],
    ['that is off', false, failed('silent'), 'warn', /does not answer/],
    ['that is suspended', true, failed('silent'), 'skip', /suspended/],
  ])('%s', (_name, isSuspended, look, state, seen) => {
    const finding = judgeAgent({ nodeId: 'Org2MSP', agentUrl: 'https://a:1', isSuspended }, look, '1');
    expect(finding).toMatchObject({ state, about: 'Org2MSP' });
    expect(finding.seen).toMatch(seen);
    expect(finding.mend === '').toBe(state === 'ok' || state === 'skip');
  });

  it.each([
    ['none', null, 'skip', /no agent runs here: refused/],
    ['ready', { nodeId: 'M', version: '1', waitsFor: [] }, 'ok', /ready \(version 1\)/],
    ['waiting', { nodeId: 'M', version: '1', waitsFor: ['engine'] }, 'warn', /waits for engine/],
    ['older', { nodeId: 'M', version: '0', waitsFor: [] }, 'warn', /is version 0, this program is 1/],
    ["another's", { nodeId: 'X', version: '1', waitsFor: [] }, 'fail', /is of X, the configuration is of M/],
  ])('the own one: %s', (_name, look, state, seen) => {
    const finding = judgeOwnAgent(look, 'refused', 'M', '1');
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
  });
});

describe('the position', () => {
  const site = (nodeId: string, lonE6: number, coverageRadiusMeters = 400): Site => ({
    ...{ nodeId, name: nodeId.toLowerCase(), coverageRadiusMeters },
    site: { latE6: -37_813_600, lonE6 },
  });
  const here = site('A', 144_963_100);

  it.each([
    ['alone', here, '10.0.0.1', [], 'ok', /-37\.8136, 144\.9631, the radius 400 m/],
    ['that meets its neighbour', here, '10.0.0.1', [site('B', 144_969_900)], 'ok', /radius/],
    ['at 0, 0', { ...here, site: { latE6: 0, lonE6: 0 } }, '10.0.0.1', [], 'warn', /Gulf of Guinea/],
    ['on the meridian', { ...here, site: { latE6: 51_000_000, lonE6: 0 } }, '10.0.0.1', [], 'ok', /51/],
    ['on the equator', { ...here, site: { latE6: 0, lonE6: 9_000_000 } }, '10.0.0.1', [], 'ok', /9/],
    ['with the address of the template', here, '192.0.2.1', [], 'warn', /still the example/],
    [
      'that is taken',
      here,
      '10.0.0.1',
      [site('B', 144_963_100)],
      'warn',
      /b \(B\) says that it stands at the same place/,
    ],
    [
      'with a neighbour inside',
      here,
      '10.0.0.1',
      [site('B', 144_965_100)],
      'warn',
      /stands 176 m away, inside the radius/,
    ],
    [
      'far away',
      here,
      '10.0.0.1',
      [site('C', 146_000_000), site('B', 145_000_000)],
      'warn',
      /m lie between .* b \(B\)/,
    ],
  ])('%s', (_name, own, address, others, state, seen) => {
    const [finding, ...more] = judgePosition(own, address, others);
    expect({ state: finding?.state, more }).toEqual({ state, more: [] });
    expect(finding?.seen).toMatch(seen);
    expect(finding?.mend === '').toBe(state === 'ok');
  });
});
