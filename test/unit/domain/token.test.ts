import { judgeToken, type TokenQuestion, type TokenRecord } from '../../../agent/domain/token';
import { digest } from '../../support/ledger-samples';

const record = (changes: Partial<TokenRecord> = {}): TokenRecord => ({
  tokenSha256: digest('2'),
  secret: 'new-secret-of-the-device',
  takenAtMs: null,
  completion: null,
  ...changes,
});

const judge = (changes: Partial<TokenQuestion>): unknown =>
  judgeToken({ match: 'present', isRenewed: true, record: record(), nowMs: 1000, graceMs: 60, ...changes });

describe('a token that the ledger', () => {
  it('does not name is unknown', () => {
    expect(judge({ match: 'none' })).toEqual({ kind: 'unknown' });
  });

  it('has always named is used as ever', () => {
    expect(judge({ isRenewed: false, record: undefined })).toEqual({ kind: 'holds', offer: null, isFirstUse: false });
  });

  it.each([
    ['for the first time', record(), true],
    ['for the first time, where another cluster made it', undefined, true],
    ['again', record({ takenAtMs: 900 }), false],
  ])('names now is used %s', (_what, known, isFirstUse) => {
    expect(judge({ record: known })).toEqual({ kind: 'holds', offer: null, isFirstUse });
  });

  it.each([
    ['offered the new one', record(), 'new-secret-of-the-device'],
    ['offered nothing where the new one is not known', record({ secret: null }), null],
    ['offered nothing where nothing is known', undefined, null],
    ['let through while requests may be under way', record({ secret: null, takenAtMs: 940 }), null],
  ])('named before is %s', (_what, known, offer) => {
    expect(judge({ match: 'previous', record: known })).toEqual({ kind: 'holds', offer, isFirstUse: false });
  });

  it('named before is retired by the use of the new one', () => {
    expect(judge({ match: 'previous', record: record({ takenAtMs: 939 }) })).toEqual({ kind: 'retired' });
  });
});
