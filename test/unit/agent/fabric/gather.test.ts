import { gatherEndorsements } from '../../../../agent/adapters/fabric/gather';
import { protos } from '../../../../agent/adapters/fabric-grpc';
import type { PeerAnswer } from '../../../../agent/adapters/fabric-grpc';

const plan = {
  groups: { A: ['own'], B: ['b'], C: ['c'] },
  layouts: [
    { A: 1, B: 1 },
    { A: 1, C: 1 },
    { B: 1, C: 1 },
  ],
};
const endorsed = (payload: string): PeerAnswer => ({
  kind: 'endorsed',
  response: protos.protos.ProposalResponse.create({ payload: Buffer.from(payload) }),
});
const refused = (code: 'BLOSM_E_NOT_FOUND' | 'BLOSM_E_STALE_EPOCH'): PeerAnswer => ({
  kind: 'refused',
  code,
  message: 'no',
});
const failed: PeerAnswer = { kind: 'failed', reason: 'unreachable' };
const denied: PeerAnswer = { kind: 'denied', reason: 'access denied' };
const NEVER = 'never';

async function gather(script: Record<string, PeerAnswer | typeof NEVER>, signal = new AbortController().signal) {
  const asked: string[] = [];
  const doubted: string[] = [];
  const outcome = await gatherEndorsements({
    plan,
    preference: ['own', 'b', 'c'],
    hedgeMs: 5,
    ask: (peer, stop) => {
      asked.push(peer);
      const answer = script[peer] ?? failed;
      if (answer !== NEVER) return Promise.resolve(answer);
      return new Promise((resolve) => {
        const end = () => resolve({ kind: 'failed', reason: 'cancelled' });
        if (stop.aborted) end();
        stop.addEventListener('abort', end);
      });
    },
    onDoubt: (peer) => doubted.push(peer),
    signal,
  });
  return { outcome, asked, doubted };
}

describe('gathering endorsements', () => {
  it('asks no more than the policy needs', async () => {
    const { outcome, asked, doubted } = await gather({ own: endorsed('x'), b: endorsed('x') });
    expect(outcome).toMatchObject({ kind: 'endorsed', responses: [{}, {}] });
    expect(asked).toEqual(['own', 'b']);
    expect(doubted).toEqual([]);
  });

  it('asks another when one fails, and doubts that one', async () => {
    const { outcome, asked, doubted } = await gather({ own: endorsed('x'), b: failed, c: endorsed('x') });
    expect(outcome.kind).toBe('endorsed');
    expect(asked).toEqual(['own', 'b', 'c']);
    expect(doubted).toEqual(['b']);
  });

  it('asks another when one is late, and doubts that one', async () => {
    const { outcome, doubted } = await gather({ own: endorsed('x'), b: NEVER, c: endorsed('x') });
    expect(outcome.kind).toBe('endorsed');
    expect(doubted).toEqual(['b']);
  });

  it('finds the majority when one lags behind', async () => {
    const { outcome } = await gather({ own: endorsed('new'), b: endorsed('old'), c: endorsed('new') });
    if (outcome.kind !== 'endorsed') throw new Error(outcome.kind);
    expect(outcome.responses.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['new', 'new']);
  });

  it('takes one refusal for lag when the others accept', async () => {
    const { outcome } = await gather({ own: endorsed('x'), b: refused('BLOSM_E_NOT_FOUND'), c: endorsed('x') });
    expect(outcome.kind).toBe('endorsed');
  });

  it.each<[string, Record<string, PeerAnswer | typeof NEVER>, string]>([
    ['two refuse alike', { own: refused('BLOSM_E_STALE_EPOCH'), b: refused('BLOSM_E_STALE_EPOCH') }, 'refused'],
    ['one refuses and nobody else is there', { own: refused('BLOSM_E_STALE_EPOCH'), b: failed, c: failed }, 'refused'],
    [
      'the own accepts and the others refuse',
      { own: endorsed('x'), b: refused('BLOSM_E_NOT_FOUND'), c: refused('BLOSM_E_NOT_FOUND') },
      'mismatch',
    ],
    ['all accept differently', { own: endorsed('x'), b: endorsed('y'), c: endorsed('z') }, 'mismatch'],
    ['only one accepts and the others are gone', { own: endorsed('x'), b: failed, c: failed }, 'unreachable'],
    ['nobody is there', { own: failed, b: failed, c: failed }, 'unreachable'],
    ['the identity is not let in', { own: denied, b: denied }, 'denied'],
  ])('when %s', async (_what, script, kind) => {
    expect((await gather(script)).outcome.kind).toBe(kind);
  });

  it('ends when the time is over', async () => {
    const { outcome } = await gather({ own: NEVER, b: NEVER, c: NEVER }, AbortSignal.timeout(20));
    expect(outcome.kind).toBe('unreachable');
  });
});
