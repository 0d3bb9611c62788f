import fc from 'fast-check';
import { QuorumTracker, requiredConfirmations } from '../../../agent/domain/quorum';
import type { CommitSighting, ConfirmationSource, QuorumVerdict } from '../../../agent/domain/quorum';

type News = { readonly record: string } | { readonly commit: CommitSighting };

const OWN = 'n0';
const nodeId = fc.nat({ max: 24 }).map((number) => `n${number}`);
const commit: fc.Arbitrary<CommitSighting> = fc.record({
  nodeId,
  peer: fc.constantFrom('peer0', 'peer1'),
  validationCode: fc.constantFrom('VALID', 'VALID', 'VALID', 'VALID', 'MVCC_READ_CONFLICT', 'DUPLICATE_TXID'),
  blockNumber: fc.nat({ max: 9 }),
});
const news: fc.Arbitrary<News> = fc.oneof(
  nodeId.map((record) => ({ record })),
  commit.map((one) => ({ commit: one })),
);
const source = fc.constantFrom<ConfirmationSource>('records', 'commit');
const nodeIds = fc.uniqueArray(nodeId, { maxLength: 25 });

function judge(by: ConfirmationSource, all: readonly News[], ids: readonly string[], nowMs = 0): QuorumVerdict {
  const tracker = new QuorumTracker(by, OWN);
  for (const one of all) {
    if ('record' in one) tracker.addRecord(one.record);
    else tracker.addCommit(one.commit);
  }
  return tracker.judge({ nodeIds: ids, nowMs, deadlineMs: 100 });
}

const codeOf = (all: readonly News[], id: string): Set<string> =>
  new Set(all.flatMap((one) => ('commit' in one && one.commit.nodeId === id ? [one.commit.validationCode] : [])));

/** Whether enough of these nodes have confirmed, said in another way. */
function isQuorum(by: ConfirmationSource, all: readonly News[], ids: readonly string[]): boolean {
  const hasConfirmed = (id: string): boolean =>
    by === 'commit' ? codeOf(all, id).has('VALID') : all.some((one) => 'record' in one && one.record === id);
  const count = ids.filter(hasConfirmed).length;
  return ids.length > 0 && count >= requiredConfirmations(ids.length);
}

describe('a quorum, whatever is heard in whatever order', () => {
  it('is confirmed by enough active nodes and by nothing else', () => {
    fc.assert(
      fc.property(source, fc.array(news, { maxLength: 80 }), nodeIds, (by, all, ids) => {
        const verdict = judge(by, all, ids);
        if (verdict.kind !== 'rejected') expect(verdict.kind === 'confirmed').toBe(isQuorum(by, all, ids));
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same in any order and when everything is heard again', () => {
    const shuffled = fc
      .array(news, { maxLength: 60 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(source, shuffled, nodeIds, (by, [all, again], ids) => {
        const known = judge(by, all, ids);
        const { kind } = judge(by, [...again, ...all], ids);
        expect(kind).toBe(known.kind);
        if (known.kind === 'pending')
          expect(judge(by, [...again, ...all], ids)).toMatchObject({ missing: known.missing });
      }),
      { numRuns: 1000 },
    );
  });

  it('counts everybody: who is missing and who has confirmed are all nodes', () => {
    fc.assert(
      fc.property(source, fc.array(news, { maxLength: 60 }), nodeIds, fc.nat({ max: 200 }), (by, all, ids, nowMs) => {
        const verdict = judge(by, all, ids, nowMs);
        if (verdict.kind !== 'pending' && verdict.kind !== 'undecided') return;
        expect(verdict.missing.length + verdict.confirmed).toBe(ids.length);
        expect(verdict.missing.every((id) => ids.includes(id))).toBe(true);
        expect(verdict.kind).toBe(nowMs < 100 ? 'pending' : 'undecided');
      }),
      { numRuns: 1000 },
    );
  });

  it('is rejected only against nobody: where the own peer has it valid, others cannot', () => {
    fc.assert(
      fc.property(source, fc.array(news, { maxLength: 60 }), nodeIds, (by, all, ids) => {
        const ownHasIt = codeOf(all, OWN).has('VALID');
        const isRefused = all.some((one) => 'commit' in one && one.commit.validationCode === 'MVCC_READ_CONFLICT');
        expect(judge(by, all, ids).kind === 'rejected').toBe(isRefused && !ownHasIt);
      }),
      { numRuns: 1000 },
    );
  });
});
