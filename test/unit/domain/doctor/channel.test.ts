import type { ChannelConfiguration, EndorsementRule } from '../../../../agent/domain/doctor/channel-facts';
import { judgeClock } from '../../../../agent/domain/doctor/clock';
import { judgeEndorsement } from '../../../../agent/domain/doctor/endorsement';
import { findingsOr, ok, worstOf } from '../../../../agent/domain/doctor/finding';
import { parseGoDuration } from '../../../../agent/domain/doctor/go-duration';
import {
  judgeBatchTimeout,
  judgeChaincode,
  judgeFabric,
  judgeHeights,
  judgeUnreachable,
} from '../../../../agent/domain/doctor/ledger';
import { judgeLease, judgeRegistration, type LeaseLook, type OwnNode } from '../../../../agent/domain/doctor/node';

describe('findings', () => {
  it('are as bad as the worst of them', () => {
    expect(worstOf([])).toBe('ok');
    expect(worstOf(['ok', 'skip'])).toBe('skip');
    expect(worstOf(['warn', 'ok', 'skip'])).toBe('warn');
    expect(worstOf(['warn', 'fail', 'ok'])).toBe('fail');
    expect(findingsOr([], ok('fine'))).toEqual([{ about: '', state: 'ok', seen: 'fine', mend: '' }]);
    expect(findingsOr([ok('one')], ok('fine'))).toEqual([ok('one')]);
  });
});

describe("Go's durations", () => {
  it.each([
    ['200ms', 200],
    ['2s', 2000],
    ['1m0.5s', 60_500],
    ['1h', 3_600_000],
    ['500us', 0.5],
    ['500µs', 0.5],
    ['1000ns', 0.001],
    ['soon', 0],
  ])('%s is %d ms', (text, ms) => expect(parseGoDuration(text)).toBeCloseTo(ms, 6));
});

describe('the endorsement policy', () => {
  const channel = (count: number, endorsement: ChannelConfiguration['endorsement'] = 'MAJORITY') => ({
    mspIds: Array.from({ length: count }, (_, index) => `Org${index}MSP`),
    endorsement,
  });
  const outOf = (needed: number, count: number): EndorsementRule => ({
    kind: 'organizations',
    needed,
    mspIds: channel(count).mspIds,
  });
  const reference: EndorsementRule = { kind: 'reference', path: '/Channel/Application/Endorsement' };

  it.each<[string, EndorsementRule, ReturnType<typeof channel>, string, RegExp]>([
    ['OutOf(f+1)', outOf(2, 3), channel(3), 'ok', /^OutOf\(2, Org0MSP.*: 2 of 3 organisations/],
    ['both of two', outOf(2, 2), channel(2), 'ok', /2 of 2/],
    ['the only one', outOf(1, 1), channel(1), 'ok', /with one organisation that is all there is/],
    ['any one of three', outOf(1, 3), channel(3), 'fail', /altered chaincode can write what it likes/],
    ['all of three', outOf(3, 3), channel(3), 'warn', /nothing is written while one of them is off/],
    ['MAJORITY of three', reference, channel(3), 'ok', /MAJORITY of the channel: 2 of 3/],
    ['ANY of three', reference, channel(3, 'ANY'), 'fail', /ANY of the channel: 1 of 3/],
    ['ALL of three', reference, channel(3, 'ALL'), 'warn', /ALL of the channel: 3 of 3/],
    ['another form of the channel', reference, channel(3, null), 'warn', /cannot be judged/],
    ['another policy of the channel', { kind: 'reference', path: '/Channel/Admins' }, channel(3), 'warn', /cannot be/],
    ['an unknown form', { kind: 'unknown' }, channel(3), 'warn', /cannot be judged/],
  ])('%s', (_name, rule, facts, state, seen) => {
    const [finding, ...others] = judgeEndorsement({ rule }, facts);
    expect({ state: finding?.state, others }).toEqual({ state, others: [] });
    expect(finding?.seen).toMatch(seen);
    expect(finding?.mend ?? '').toMatch(state === 'ok' ? /^$/ : /peer lifecycle chaincode/);
  });

  it('names the member that endorses nothing', () => {
    expect(judgeEndorsement({ rule: outOf(2, 2) }, channel(3))).toMatchObject([
      { state: 'ok' },
      { state: 'warn', about: 'Org2MSP', seen: expect.stringContaining('no endorser') as string },
    ]);
  });
});

describe('the ledger', () => {
  it.each([
    [10, 10, 'ok', /10 blocks of channel blosm, the orderer 10/],
    [8, 11, 'ok', /the orderer 11/],
    [8, 12, 'warn', /the orderer 12/],
    [10, null, 'fail', /no orderer tells its newest block: refused/],
  ] as const)('%d blocks here and %s there', (height, ordered, state, seen) => {
    const finding = judgeHeights('blosm', height, ordered, 'refused');
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
  });

  it.each([
    ["qscc: channel 'nochannel' not found", false, /has not joined channel c/, /peer channel join/],
    ['access denied', true, /does not let this identity in: access denied/, /blosm identity import/],
    ['14 UNAVAILABLE', false, /does not answer: 14 UNAVAILABLE/, /blosm network status/],
  ])('that does not answer: %s', (reason, isDenied, seen, mend) => {
    const finding = judgeUnreachable('c', reason, isDenied);
    expect(finding.state).toBe('fail');
    expect(finding.seen).toMatch(seen);
    expect(finding.mend).toMatch(mend);
  });

  it.each([
    [true, true, 'fabric-network', 'ok', /Fabric 3/],
    [true, false, 'fabric-gateway', 'ok', /2\.4 or later/],
    [false, false, 'fabric-network', 'warn', /older than 2\.4: that works/],
    [false, false, 'fabric-gateway', 'fail', /no gateway service/],
  ] as const)('gateway %s, release 3 %s, %s', (hasGateway, isRelease3, adapter, state, seen) => {
    const finding = judgeFabric({ hasGateway, isRelease3, adapter });
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
  });

  it.each([
    [200, 'ok', /200 ms/],
    [2000, 'warn', /four commits of a migration take 8\.0 s/],
  ] as const)('with a BatchTimeout of %d ms', (ms, state, seen) => {
    const finding = judgeBatchTimeout(ms);
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
    expect(finding.mend).toMatch(state === 'ok' ? /^$/ : /more and smaller blocks/);
  });

  it.each([
    [null, { names: [] }, 'fail', /no chaincode cc is committed/],
    [{ version: '1', sequence: 3 }, { why: 'timeout' }, 'fail', /does not answer: timeout/],
    [{ version: '1', sequence: 3 }, { names: ['A:a'] }, 'fail', /older than this agent: it lacks A:b$/],
    [
      { version: '1', sequence: 3 },
      { names: ['A:a', 'A:b', 'A:c'] },
      'ok',
      /version 1, sequence 3, with all 2 functions/,
    ],
  ])('with the chaincode %j that has %j', (definition, functions, state, seen) => {
    const finding = judgeChaincode('cc', definition, ['A:a', 'A:b'], functions);
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
  });
});

describe('the own node', () => {
  const record = (changes: Partial<OwnNode> = {}): OwnNode => ({
    nodeId: 'Org1MSP',
    state: 'ACTIVE',
    cordoned: false,
    agentCertificateSha256: `sha256:${'a'.repeat(64)}`,
    ...changes,
  });

  it.each<[string, OwnNode | undefined, string | null, string[], RegExp]>([
    ['registered', record(), 'a'.repeat(64), ['ok'], /registered with this certificate/],
    ['of an unknown certificate', record(), null, ['ok'], /registered/],
    ['with another certificate', record(), 'b'.repeat(64), ['fail'], /another certificate/],
    ['nowhere', undefined, null, ['fail'], /is not registered/],
    ['suspended', record({ state: 'SUSPENDED' }), null, ['ok', 'warn'], /suspended/],
    ['cordoned', record({ cordoned: true }), null, ['ok', 'warn'], /cordoned/],
  ])('%s', (_name, node, sha256, states, seen) => {
    const findings = judgeRegistration('Org1MSP', node, sha256);
    expect(findings.map(({ state }) => state)).toEqual(states);
    expect(findings.at(-1)?.seen).toMatch(seen);
  });

  const look = (leftMs: number | null, isAgentRunning: boolean): LeaseLook => ({
    nodeId: 'Org1MSP',
    lease: leftMs === null ? undefined : { expiresAtMs: 1_000_000 + leftMs },
    nowMs: 1_000_000,
    leaseSeconds: 120,
    isAgentRunning,
  });

  it.each([
    [90_000, true, 'ok', /90 s left/],
    [20_000, false, 'ok', /20 s left/],
    [20_000, true, 'warn', /only 20 s left, of 120 s/],
    [-5_000, false, 'warn', /lapsed 5 s ago/],
    [-5_000, true, 'fail', /lapsed 5 s ago/],
    [null, true, 'warn', /has no lease/],
  ] as const)('with a lease of %s ms, its agent running: %s', (leftMs, isRunning, state, seen) => {
    const finding = judgeLease(look(leftMs, isRunning));
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
  });
});

describe('a clock', () => {
  it.each([
    [{ kind: 'near' }, 'ok', /within 10 s/],
    [{ kind: 'ahead', isRefused: false }, 'warn', /ahead of its own by more than 10 s/],
    [{ kind: 'behind', isRefused: false }, 'warn', /behind its own by more than 10 s/],
    [{ kind: 'ahead', isRefused: true }, 'fail', /ahead of its own by more than 30 s/],
    [{ kind: 'behind', isRefused: true }, 'fail', /behind its own by more than 30 s/],
    [{ kind: 'unknown', reason: 'down' }, 'warn', /not known: down/],
  ] as const)('that says %j', (verdict, state, seen) => {
    const finding = judgeClock('peer0', verdict);
    expect(finding).toMatchObject({ state, about: 'peer0' });
    expect(finding.seen).toMatch(seen);
    expect(finding.mend).toMatch({ ok: /^$/, warn: /./, fail: /timedatectl/ }[state]);
  });
});
