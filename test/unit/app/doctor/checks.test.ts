import { CHECKS, runChecks, type Visit } from '../../../../agent/app/doctor';
import { BlosmError, TRANSACTIONS } from '../../../../chaincode/src/model';
import { createAuthority } from '../../../../network/fabric/pki/certificate-authority';
import { PROTOCOL } from '../../../../agent/domain/protocol';
import { AgentConfig } from '../../../../agent/config/schema';
import { doctorConfig, doctorVisit, neighbour, unreachable, type VisitChanges } from '../../../support/doctor-visit';

const FUNCTIONS = Object.keys(TRANSACTIONS);
const visitWith = (changes: VisitChanges = {}) => doctorVisit(FUNCTIONS, changes);

/** Everything in order, the agent's certificate issued by the channel's authority. */
async function soundVisit(changes: VisitChanges = {}) {
  const authority = await createAuthority('ca', 'Edge1MSP');
  const { certificatePem } = await authority.issue({ commonName: 'agent', unit: 'client', hosts: [] });
  const sound = visitWith();
  const identity = { ...(await sound.answers.identity()), certificatePem };
  const configuration = {
    ...(await sound.answers.configuration()),
    ownAuthoritiesPem: [authority.credential.certificatePem],
  };
  return visitWith({
    ...changes,
    answers: {
      identity: () => Promise.resolve(identity),
      configuration: () => Promise.resolve(configuration),
      ...changes.answers,
    },
  });
}

const stateOf = async (name: string, changes: VisitChanges) => {
  const checks = CHECKS.filter((check) => check.name === name);
  const visit = await soundVisit(changes);
  const { results } = await runChecks(checks, visit, visit);
  return results.map(({ state, seen }) => `${state}: ${seen}`);
};

const serving = (changes: object) => AgentConfig.parse({ ...doctorConfig, ...changes });
const operators = { listen: '0.0.0.0:9443', clientCa: '/ca.pem' };
const withTls = { listen: '127.0.0.1:8080', tls: { certificate: '/s.pem', privateKey: '/s.key' } };
const atLocalhost = { ...doctorVisit([]).profile, gatewayUrl: 'https://localhost:8080' };
const machineWith = (changes: Partial<Visit['machine']>) => ({ ...doctorVisit([]).machine, ...changes });
const pairLook = async (changes: object) => ({
  ...(await doctorVisit([]).machine.tlsPair(withTls.tls, null)),
  ...changes,
});

/** What is configured and lies there, and what the check of it says first. */
const TLS_FILES: [string, VisitChanges, RegExp][] = [
  ['tls-files', {}, /^ok: neither devices nor operators/],
  ['tls-files', { visit: { config: serving({ gateway: withTls }) } }, /^ok: CN=edge1, 365 days left/],
  [
    'tls-files',
    { visit: { config: serving({ gateway: { ...withTls, advertiseUrl: 'http://edge1:80' } }) } },
    /^ok: .*warn: devices are told http:\/\/edge1:80, but/,
  ],
  [
    'tls-files',
    {
      visit: {
        config: serving({ gateway: { ...withTls, advertiseUrl: 'https://localhost:8080' } }),
        profile: atLocalhost,
        machine: machineWith({ tlsPair: (_files, host) => pairLook({ isForHost: host === 'elsewhere' }) }),
      },
    },
    /^fail: it is for DNS:edge1.example, not for localhost \(gateway.advertiseUrl\)$/,
  ],
  ['tls-files', { visit: { config: serving({ control: operators }) } }, /^ok: CN=edge1$/],
  [
    'tls-files',
    {
      visit: {
        config: serving({ control: { ...operators, listen: '[2001:db8::1]:9443' } }),
        machine: machineWith({ tlsPair: () => pairLook({ isForHost: false }) }),
      },
    },
    /^warn: it is for DNS:edge1.example, not for 2001:db8::1 \(control.listen\)/,
  ],
  [
    'tls-files',
    {
      visit: {
        config: serving({ control: operators }),
        machine: machineWith({
          tlsPair: () => pairLook({ certificate: { kind: 'no-pem', file: '/c.pem' } }),
          certificates: (file) => Promise.resolve({ kind: 'unreadable', file, code: 'EACCES' }),
        }),
      },
    },
    /^fail: cannot read \/ca.pem \(EACCES\)$/,
  ],
  [
    'tls-files',
    {
      visit: {
        config: serving({ control: { ...operators, certificate: '/o.pem', privateKey: '/o.key' } }),
        machine: machineWith({ tlsPair: () => pairLook({ privateKey: { kind: 'encrypted', file: '/o.key' } }) }),
      },
    },
    /^fail: the key \/o.key is encrypted/,
  ],
];

describe('the checks', () => {
  it('find nothing where everything is in order', async () => {
    const visit = await soundVisit();
    const { state, results } = await runChecks(CHECKS, visit, visit);
    expect(results.filter((result) => !['ok', 'skip'].includes(result.state))).toEqual([]);
    // That no agent runs is no fault.
    expect(results.filter((result) => result.state === 'skip').map(({ check }) => check)).toEqual(['agent']);
    expect(state).toBe('skip');
    expect(results[0]).toMatchObject({ check: 'node', doc: 'agent/docs/doctor.md#node' });
  });

  it.each<[string, VisitChanges, RegExp]>([
    [
      'issuer',
      { answers: { configuration: async () => ({ ...(await visitWith().answers.configuration()) }) } },
      /^fail: issued by CN=CA, which is no authority/,
    ],
    [
      'ledger',
      { channel: { height: () => unreachable("channel 'x' not found") } },
      /^fail: the own peer has not joined/,
    ],
    [
      'ledger',
      { channel: { height: () => Promise.reject(new BlosmError('BLOSM_E_FORBIDDEN', 'denied')) } },
      /does not let this identity in/,
    ],
    ['ledger', { channel: { orderedHeight: () => unreachable('refused') } }, /^fail: .*no orderer tells/],
    ['fabric', { channel: { features: () => Promise.resolve({ hasGateway: false, isRelease3: false }) } }, /^warn: /],
    [
      'chaincode',
      { channel: { functions: () => unreachable('no chaincode runs') } },
      /^fail: .*does not answer: .*no chaincode runs/,
    ],
    ['chaincode', { channel: { functions: () => Promise.resolve(['A:a']) } }, /^fail: .*older than this agent/],
    ['chaincode', { channel: { definition: () => Promise.resolve(null) } }, /^fail: no chaincode blosm is committed/],
    ['endorsement', { channel: { definition: () => Promise.resolve(null) } }, /^skip: no chaincode/],
    ['registration', { channel: { registered: () => Promise.resolve([]) } }, /^fail: Edge1MSP is not registered/],
    ['registration', { answers: { identity: () => Promise.reject(new Error('unreadable')) } }, /^ok: /],
    ['lease', { channel: { leases: () => Promise.resolve([]) } }, /^warn: Edge1MSP has no lease/],
    [
      'tls',
      { visit: { tls: () => Promise.resolve({ expected: '', look: { failure: 'down', code: '' } }) } },
      /^fail: not reached/,
    ],
    ...TLS_FILES,
    ['clock', { channel: { clock: () => Promise.resolve({ kind: 'behind', isRefused: true }) } }, /^fail: /],
    [
      'engine',
      { answers: { engine: () => Promise.reject(new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'hang up')) } },
      /^fail: .*hang up/,
    ],
    [
      'capacity',
      { answers: { engine: () => Promise.reject(new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'hang up')) } },
      /^skip: /,
    ],
    ['capacity', { answers: { engine: () => Promise.reject(new Error('odd')) } }, /^fail: odd/],
    ['capacity', { visit: { declared: { memoryBytes: 1024 ** 4 } } }, /^fail: /],
    [
      'registry',
      { visit: { registry: () => Promise.resolve({ status: 401, isTls: true }) } },
      /^fail: .*wants a login/,
    ],
    ['position', { visit: { profile: { ...visitWith().profile, sourceIp: '192.0.2.1' } } }, /^warn: .*example/],
    [
      'config',
      { visit: { configFindings: [{ about: '', state: 'fail', seen: 'line 3', mend: '' }] } },
      /^fail: line 3/,
    ],
    [
      'agent',
      { answers: { ownAgent: () => Promise.resolve({ agent: { nodeId: 'X', version: '1', waitsFor: [] }, why: '' }) } },
      /^fail: the agent that answers is of X/,
    ],
    [
      'identity',
      {
        answers: {
          identity: () => Promise.reject(new BlosmError('BLOSM_E_CONFIG_INVALID', 'no key', { hint: 'Import it.' })),
        },
      },
      /^fail: no key$/,
    ],
  ])('%s tells what is wrong: %#', async (name, changes, expected) => {
    const states = await stateOf(name, changes);
    expect(states.join(' ')).toMatch(expected);
  });

  it('call every other cluster, and name who does not answer', async () => {
    const nodes = [neighbour('Edge2MSP'), neighbour('Edge3MSP')];
    const own = await visitWith().answers.registered();
    const states = await stateOf('agents', {
      channel: { registered: () => Promise.resolve([...own, ...nodes]) },
      visit: {
        agents: ({ nodeId }) =>
          Promise.resolve(
            nodeId === 'Edge2MSP'
              ? { kind: 'answers', release: '0.1.0', protocol: PROTOCOL }
              : { kind: 'silent', failure: 'ECONNREFUSED', release: null },
          ),
      },
    });
    expect(states).toEqual([
      expect.stringMatching(/^ok: answers/),
      expect.stringMatching(/^warn: its agent does not answer/),
    ]);
  });

  it('say that the network announces nobody, beside what the profile names', async () => {
    const { endpoints } = await visitWith().answers.nodes();
    const nodes = () =>
      Promise.resolve({
        endpoints: [...endpoints, { ...endpoints[0]!, name: 'bare', tls: null }],
        undiscovered: 'no plan',
      });
    expect(await stateOf('tls', { channel: { nodes } })).toEqual([
      expect.stringMatching(/^ok: reached/),
      expect.stringMatching(/^ok: .* has no TLS/),
      expect.stringMatching(/^warn: the network announces no nodes: no plan/),
    ]);
  });

  it('are skipped where what they need is missing, and wait for a dead peer once', async () => {
    const sound = visitWith();
    const without = await runChecks(CHECKS, { ...sound, configFindings: [] }, null);
    expect(new Set(without.results.map(({ check, state }) => (state === 'skip' ? 'skip' : check)))).toEqual(
      new Set(['node', 'config', 'sandbox', 'skip']),
    );
    const height = jest.fn(() => unreachable('down'));
    const visit = await soundVisit({ answers: { height } });
    const { state, results } = await runChecks(CHECKS, visit, visit);
    expect(state).toBe('fail');
    expect(height).toHaveBeenCalledTimes(1);
    expect(results.filter(({ seen }) => seen === 'the own peer does not answer').map(({ check }) => check)).toEqual(
      CHECKS.flatMap(({ name, needs }) => (needs === 'ledger' ? [name] : [])),
    );
  });

  it('stop when the operator does, and report what nobody has thought of', async () => {
    const cancelled = () => Promise.reject(new BlosmError('BLOSM_E_CANCELLED', 'interrupted'));
    expect(await stateOf('ledger', { answers: { channel: cancelled } })).toEqual(['skip: interrupted']);
    const visit = await soundVisit({ answers: { identity: () => Promise.reject(new TypeError('odd')) } });
    const { results } = await runChecks(
      CHECKS.filter(({ name }) => name === 'identity'),
      visit,
      visit,
    );
    expect(results).toMatchObject([
      { state: 'fail', seen: 'odd', mend: expect.stringContaining('A defect in BloSM') as string },
    ]);
  });
});
