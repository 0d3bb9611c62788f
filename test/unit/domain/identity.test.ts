import { daysLeft, judgeIdentity } from '../../../agent/domain/identity';
import type { IdentityFacts } from '../../../agent/domain/identity';

const NOW_MS = 1_790_000_000_000;
const DAY_MS = 86_400_000;
const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';

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
const judge = (changes: Partial<IdentityFacts> = {}, allowAdmin = false) =>
  judgeIdentity(facts(changes), NOW_MS, allowAdmin);

describe('an identity for an agent', () => {
  it('may be a client with a P-256 key, unrestricted or for both ends of TLS', () => {
    const good = { faults: [], warnings: [] };
    expect(judge()).toEqual(good);
    expect(judge({ restrictedTo: [CLIENT, SERVER] })).toEqual(good);
    expect(judge({ restrictedTo: ['2.5.29.37.0'] })).toEqual(good);
    expect(judge({ units: ['client', 'department'] })).toEqual(good);
  });

  it.each<[string, Partial<IdentityFacts>]>([
    ['its key is secp384r1; Fabric signs with P-256', { curve: 'secp384r1' }],
    ['its key is on no elliptic curve; Fabric signs with P-256', { curve: null }],
    ["it is a certificate authority's, not a member's", { isAuthority: true }],
    ['it expired 1 days ago', { validToMs: NOW_MS - 1 }],
    ['it expired 3 days ago', { validToMs: NOW_MS - 3 * DAY_MS }],
    ['it is not valid yet; is the clock of this machine right?', { validFromMs: NOW_MS + 1 }],
    ['it is that of a peer: the usual policies let clients submit, not nodes', { units: ['peer'] }],
    ['it is that of an orderer: the usual policies let clients submit, not nodes', { units: ['orderer'] }],
  ])('cannot be: %s', (fault, changes) => {
    expect(judge(changes).faults).toEqual([fault]);
  });

  it('is an admin only when that is meant', () => {
    expect(judge({ units: ['admin'] }).faults).toEqual([expect.stringMatching(/^it is an admin: .*--allow-admin$/)]);
    expect(judge({ units: ['admin'] }, true)).toEqual({
      faults: [],
      warnings: [expect.stringMatching(/^it is an admin:/)],
    });
  });

  it('is taken with a warning when it is doubtful', () => {
    expect(judge({ units: [] }).warnings).toEqual([expect.stringContaining('no unit client')]);
    expect(judge({ restrictedTo: [SERVER] }).warnings).toEqual([expect.stringContaining('as client and as server')]);
    expect(judge({ validToMs: NOW_MS + 29 * DAY_MS }).warnings).toEqual(['it expires in 29 days']);
    expect(judge({ validToMs: NOW_MS + 30 * DAY_MS }).warnings).toEqual([]);
    expect(daysLeft(facts(), NOW_MS)).toBe(365);
  });
});
