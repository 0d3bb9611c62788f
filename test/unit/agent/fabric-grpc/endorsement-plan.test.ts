import fc from 'fast-check';
import { choosePeers, findAgreement } from '../../../../agent/adapters/fabric-grpc/endorsement-plan';
import type { EndorsementPlan } from '../../../../agent/adapters/fabric-grpc/endorsement-plan';

/** OutOf(needed, one peer of each organisation), as discovery writes it. */
function outOf(needed: number, peers: readonly string[]): EndorsementPlan {
  const groups = Object.fromEntries(peers.map((peer) => [`group-${peer}`, [peer]]));
  const subsets = (from: readonly string[], size: number): string[][] =>
    size === 0
      ? [[]]
      : from.flatMap((first, at) => subsets(from.slice(at + 1), size - 1).map((rest) => [first, ...rest]));
  const layouts = subsets(Object.keys(groups), needed).map((names) =>
    Object.fromEntries(names.map((name) => [name, 1])),
  );
  return { groups, layouts };
}

const plan = outOf(2, ['a', 'b', 'c']);
const answers = (entries: Record<string, string>) => new Map(Object.entries(entries));

describe('an agreement', () => {
  it.each([
    ['nobody', {}, undefined],
    ['one', { a: 'x' }, undefined],
    ['two that differ', { a: 'x', b: 'y' }, undefined],
    ['two that agree', { a: 'x', c: 'x' }, { answer: 'x', peers: ['a', 'c'] }],
    ['two of three', { a: 'y', b: 'x', c: 'x' }, { answer: 'x', peers: ['b', 'c'] }],
    ['three: no more than needed', { a: 'x', b: 'x', c: 'x' }, { answer: 'x', peers: ['a', 'b'] }],
  ])('of %s', (_who, given, expected) => {
    expect(findAgreement(plan, answers(given))).toEqual(expected);
  });

  it('counts a peer once, though it is in two groups', () => {
    const shared = { groups: { g: ['a'], h: ['a', 'b'] }, layouts: [{ g: 1, h: 1 }] };
    expect(findAgreement(shared, answers({ a: 'x' }))).toBeUndefined();
    expect(findAgreement(shared, answers({ a: 'x', b: 'x' }))?.peers).toEqual(['a', 'b']);
  });

  it('takes several peers of one group', () => {
    const two = { groups: { g: ['a', 'b', 'c'] }, layouts: [{ g: 2 }] };
    expect(findAgreement(two, answers({ a: 'x', c: 'x' }))?.peers).toEqual(['a', 'c']);
  });
});

describe('whom to ask', () => {
  it('asks the preferred first, and no more than needed', () => {
    expect([...(choosePeers(plan, answers({}), [], ['b', 'c', 'a']) ?? [])].sort()).toEqual(['b', 'c']);
  });

  it('waits while those asked may be enough', () => {
    expect(choosePeers(plan, answers({}), ['a', 'b'], ['c'])).toEqual([]);
    expect(choosePeers(plan, answers({ a: 'x' }), ['b'], ['c'])).toEqual([]);
  });

  it('asks another when two differ', () => {
    expect(choosePeers(plan, answers({ a: 'x', b: 'y' }), [], ['c'])).toEqual(['c']);
  });

  it('knows when it is in vain', () => {
    expect(choosePeers(plan, answers({ a: 'x', b: 'y', c: 'z' }), [], [])).toBeUndefined();
    expect(choosePeers(plan, answers({}), ['a'], [])).toBeUndefined();
  });

  it('asks only peers that complete a layout', () => {
    const mixed = { groups: { g: ['a'], h: ['b'], i: ['c'] }, layouts: [{ g: 1, h: 1 }] };
    expect(choosePeers(mixed, answers({}), [], ['c', 'a', 'b'])).toEqual(['a', 'b']);
  });
});

it('asking as told and hearing honest answers always ends in an agreement', () => {
  const peers = ['a', 'b', 'c', 'd', 'e'];
  const shape = fc.record({ needed: fc.integer({ min: 1, max: 5 }), deaf: fc.subarray(peers) });
  fc.assert(
    fc.property(shape, ({ needed, deaf }) => {
      const wide = outOf(needed, peers);
      const heard = new Map<string, string>();
      const asked = new Set<string>();
      for (;;) {
        if (findAgreement(wide, heard) !== undefined) break;
        const candidates = peers.filter((peer) => !asked.has(peer));
        const further = choosePeers(wide, heard, [], candidates);
        if (further === undefined || further.length === 0) break;
        for (const peer of further) {
          asked.add(peer);
          if (!deaf.includes(peer)) heard.set(peer, 'x');
        }
      }
      expect(findAgreement(wide, heard) !== undefined).toBe(peers.length - deaf.length >= needed);
    }),
  );
});
