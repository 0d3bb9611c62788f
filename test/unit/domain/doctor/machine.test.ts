import {
  judgeJournal,
  judgeNode,
  judgePort,
  judgeSandbox,
  judgeState,
  type JournalLook,
  type ListenLook,
  type StateLook,
} from '../../../../agent/domain/doctor/machine';

describe('the machine', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
    ['20.18.9', 'fail'],
    ['18.20.0', 'fail'],
    ['', 'fail'],
  ])('with Node.js %s', (version, state) => expect(judgeNode(version).state).toBe(state));

  const look = (changes: Partial<StateLook> = {}): StateLook => ({
    ...{ directory: '/s', mode: 0o700, canWrite: true, holder: null },
    ...changes,
  });

  it.each<[string, Partial<StateLook>, boolean, [string, string][], RegExp]>([
    ["the agent's own", {}, false, [['', 'ok']], /own/],
    ['missing', { mode: null }, false, [['', 'ok']], /will be made/],
    ['open to others', { mode: 0o755 }, false, [['', 'warn']], /mode 755/],
    ['not writable', { canWrite: false, holder: 7 }, false, [['', 'fail']], /cannot be written/],
    [
      'held by the agent',
      { holder: 7 },
      true,
      [
        ['', 'ok'],
        ['lock', 'ok'],
      ],
      /process 7/,
    ],
    [
      'held by another',
      { holder: 7 },
      false,
      [
        ['', 'ok'],
        ['lock', 'fail'],
      ],
      /held by process 7, which does not answer/,
    ],
  ])('with a state directory that is %s', (_name, changes, isOurs, expected, seen) => {
    const findings = judgeState(look(changes), isOurs);
    expect(findings.map(({ about, state }) => [about, state])).toEqual(expected);
    expect(findings.at(-1)?.seen).toMatch(seen);
  });

  it.each<[JournalLook | null, string, RegExp]>([
    [null, 'ok', /none yet/],
    [{ entries: 3, tornBytes: 0 }, 'ok', /^3 entries$/],
    [{ entries: 3, tornBytes: 9 }, 'ok', /a last write of 9 bytes/],
    [{ failure: 'damaged at entry 2' }, 'fail', /damaged at entry 2/],
  ])('with the journal %j', (journal, state, seen) => {
    const finding = judgeJournal(journal);
    expect(finding.state).toBe(state);
    expect(finding.seen).toMatch(seen);
  });

  it.each<[ListenLook, boolean, string, RegExp, RegExp]>([
    [{ isFree: true }, false, 'ok', /is free/, /^$/],
    [{ isFree: true }, true, 'warn', /free although the agent runs/, /restart/],
    [{ isFree: false, code: 'EADDRINUSE' }, true, 'ok', /held by the agent/, /^$/],
    [{ isFree: false, code: 'EADDRINUSE' }, false, 'fail', /taken by another program/, /ss -ltnp 'sport = :80'/],
    [{ isFree: false, code: 'EACCES' }, false, 'fail', /needs rights/, /CAP_NET_BIND_SERVICE/],
    [{ isFree: false, code: 'EADDRNOTAVAIL' }, false, 'fail', /cannot be had: EADDRNOTAVAIL/, /ip address/],
  ])('with the port %j, agent running: %s', (listen, isOurs, state, seen, mend) => {
    const finding = judgePort('gateway.listen', '0.0.0.0:80', listen, isOurs);
    expect(finding).toMatchObject({ state, about: 'gateway.listen' });
    expect(finding.seen).toMatch(seen);
    expect(finding.mend).toMatch(mend);
  });

  it('with what the sandbox needs', () => {
    expect(judgeSandbox([], [{ name: 'veth', why: '' }])).toMatchObject([{ state: 'ok', seen: 'veth' }]);
    expect(
      judgeSandbox(
        ['the program ip'],
        [
          { name: 'veth', why: 'no' },
          { name: 'magic', why: 'no' },
        ],
      ),
    ).toMatchObject([
      { state: 'fail', seen: 'missing: the program ip' },
      { state: 'fail', about: 'veth', mend: 'Load the module: modprobe veth.' },
      { state: 'fail', about: 'magic', mend: 'Use another kernel.' },
    ]);
  });
});
