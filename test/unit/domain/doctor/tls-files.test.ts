import {
  judgeAuthorities,
  judgeAuthorityFile,
  judgePairFiles,
  judgeTlsPair,
  type CertificateFacts,
  type CertificatesLook,
  type PrivateKeyLook,
  type TlsPairLook,
  type TlsPairUse,
} from '../../../../agent/domain/doctor/tls-files';

const NOW_MS = 1_790_000_000_000;
const DAY_MS = 86_400_000;

const facts = (changes: Partial<CertificateFacts> = {}): CertificateFacts => ({
  ...{ subject: 'CN=edge1', issuer: 'CN=ca', alternativeNames: ['DNS:edge1.example'] },
  ...{ isAuthority: false, isSelfIssued: false },
  ...{ validFromMs: NOW_MS - DAY_MS, validToMs: NOW_MS + 365 * DAY_MS },
  ...changes,
});
const file = (own: CertificateFacts, ...more: CertificateFacts[]): CertificatesLook => ({
  kind: 'read',
  file: 'cert.pem',
  certificates: [own, ...more],
});
const key: PrivateKeyLook = { kind: 'read', file: 'key.pem', belongsTo: 0 };
const pair = (changes: Partial<TlsPairLook> = {}): TlsPairLook => ({
  certificate: file(facts()),
  privateKey: key,
  isForHost: true,
  ...changes,
});

const gateway: TlsPairUse = {
  ...{ section: 'gateway.tls', host: 'edge1.example', hostKey: 'gateway.advertiseUrl' },
  ...{ isPinnable: false, isWatched: true },
};
const control: TlsPairUse = {
  ...{ section: 'control', host: '10.0.0.1', hostKey: 'control.listen', isPinnable: true, isWatched: false },
};

type Expected = readonly [about: string, state: string, seen: RegExp, mend: RegExp];

describe("a server's certificate and key", () => {
  const UNUSABLE: readonly (readonly [string, Partial<TlsPairLook>, Expected])[] = [
    [
      'a certificate that is not there',
      { certificate: { kind: 'unreadable', file: 'cert.pem', code: 'ENOENT' } },
      ['certificate', 'fail', /^cannot read cert\.pem \(ENOENT\)$/, /Check gateway\.tls\.certificate.*ls -l cert\.pem/],
    ],
    [
      'a key that may not be read',
      { privateKey: { kind: 'unreadable', file: 'key.pem', code: 'EACCES' } },
      ['privateKey', 'fail', /^cannot read key\.pem \(EACCES\)$/, /Check gateway\.tls\.privateKey/],
    ],
    [
      'a certificate that is none',
      { certificate: { kind: 'no-pem', file: 'cert.pem' } },
      ['certificate', 'fail', /holds no certificate in PEM/, /openssl x509 -inform der -in cert\.pem/],
    ],
    [
      'a key that is none',
      { privateKey: { kind: 'no-pem', file: 'key.pem' } },
      ['privateKey', 'fail', /holds no private key in PEM/, /openssl pkey -inform der -in key\.pem/],
    ],
    [
      'a key behind a password',
      { privateKey: { kind: 'encrypted', file: 'key.pem' } },
      ['privateKey', 'fail', /key key\.pem is encrypted/, /Decrypt it: openssl pkey -in key\.pem/],
    ],
    [
      "another certificate's key",
      { privateKey: { ...key, belongsTo: -1 } },
      ['privateKey', 'fail', /^key\.pem does not belong to cert\.pem$/, /made together/],
    ],
    [
      'its chain the wrong way round',
      { certificate: file(facts({ subject: 'CN=ca' }), facts()), privateKey: { ...key, belongsTo: 1 } },
      ['certificate', 'fail', /begins with CN=ca, but key\.pem belongs to CN=edge1 further down/, /certificate first/],
    ],
  ];

  it.each(UNUSABLE)('cannot be used with %s', (_what, changes, [about, state, seen, mend]) => {
    const findings = judgeTlsPair(gateway, pair(changes), NOW_MS);
    expect(findings).toEqual([
      {
        about: `gateway.tls.${about}`,
        state,
        seen: expect.stringMatching(seen) as string,
        mend: expect.stringMatching(mend) as string,
      },
    ]);
    // What keeps the agent from starting says the same.
    expect(judgePairFiles(gateway, pair(changes))).toEqual(findings);
  });

  it.each<[string, TlsPairUse, Partial<TlsPairLook>, Expected]>([
    ['good', gateway, {}, ['gateway.tls', 'ok', /CN=edge1, 365 days left/, /^$/]],
    [
      'soon over',
      gateway,
      { certificate: file(facts({ validToMs: NOW_MS + 9 * DAY_MS })) },
      ['gateway.tls', 'warn', /^CN=edge1 in cert\.pem expires in 9 days$/, /takes them up while it runs/],
    ],
    [
      'expired',
      control,
      { certificate: file(facts({ validToMs: NOW_MS - 2 * DAY_MS })) },
      ['control', 'fail', /expired 2 days ago/, /systemctl restart/],
    ],
    [
      'followed by an authority that has expired',
      gateway,
      { certificate: file(facts(), facts({ subject: 'CN=ca', validToMs: NOW_MS - DAY_MS })) },
      ['gateway.tls', 'fail', /^CN=ca in cert\.pem expired 1 days ago/, /renewed/],
    ],
    [
      'not valid yet',
      gateway,
      { certificate: file(facts({ validFromMs: NOW_MS + DAY_MS })) },
      ['gateway.tls', 'fail', /not valid yet/, /clock of this machine/],
    ],
    [
      'for another name than devices are told',
      gateway,
      { isForHost: false },
      ['gateway.tls', 'fail', /for DNS:edge1\.example, not for edge1\.example \(gateway\.adv/, /gateway\.advertiseUrl/],
    ],
    [
      'for no name at all',
      control,
      { isForHost: false, certificate: file(facts({ alternativeNames: [] })) },
      ['control', 'warn', /for no name, not for 10\.0\.0\.1 \(control\.listen\)/, /--agent-ca/],
    ],
    ['for a host that nobody tells', { ...control, host: null }, { isForHost: false }, ['control', 'ok', /days/, /^$/]],
  ])('are %s', (_what, use, changes, [about, state, seen, mend]) => {
    const findings = judgeTlsPair(use, pair(changes), NOW_MS);
    expect(findings).toMatchObject([{ about: `${about}.certificate`, state }]);
    expect(findings[0]?.seen).toMatch(seen);
    expect(findings[0]?.mend).toMatch(mend);
    expect(judgePairFiles(use, pair(changes))).toEqual([]);
  });
});

describe("the authorities of the operators' certificates", () => {
  const authority = (changes: Partial<CertificateFacts> = {}) =>
    facts({ subject: 'CN=ca', isAuthority: true, isSelfIssued: true, ...changes });

  it.each<[string, CertificatesLook, [state: string, seen: RegExp][], isUsable: boolean]>([
    ['good', file(authority(), authority({ subject: 'CN=ca2' })), [['ok', /^CN=ca; CN=ca2$/]], true],
    ['issued by another one', file(authority({ isSelfIssued: false })), [['ok', /^CN=ca$/]], true],
    ['missing', { kind: 'unreadable', file: 'ca.pem', code: 'ENOENT' }, [['fail', /cannot read ca\.pem/]], false],
    ['no PEM', { kind: 'no-pem', file: 'ca.pem' }, [['fail', /no certificate in PEM/]], false],
    [
      "an operator's own",
      file(facts({ subject: 'CN=admin' })),
      [['fail', /holds no certificate authority: CN=admin was issued by CN=ca/]],
      false,
    ],
    [
      'one that has issued itself',
      file(facts({ isSelfIssued: true })),
      [['warn', /no certificate authority: it lets in itself alone/]],
      true,
    ],
    ['one with a stray', file(authority(), facts()), [['warn', /CN=edge1 in cert\.pem .*lets in nobody/]], true],
    ['expired', file(authority({ validToMs: NOW_MS - DAY_MS })), [['fail', /CN=ca .* expired 1 days ago/]], true],
    ['soon over', file(authority({ validToMs: NOW_MS + DAY_MS })), [['warn', /expires in 1 days/]], true],
  ])('are %s', (_what, look, expected, isUsable) => {
    const findings = judgeAuthorities(look, NOW_MS);
    expect(findings.map(({ state }) => state)).toEqual(expected.map(([state]) => state));
    findings.forEach((finding, index) => {
      expect(finding.about).toBe('control.clientCa');
      expect(finding.seen).toMatch(expected[index]?.[1] ?? /never/);
      expect(finding.mend === '').toBe(finding.state === 'ok');
    });
    expect(judgeAuthorityFile(look)).toEqual(isUsable ? [] : findings);
  });
});
