import { QuorumTracker, requiredConfirmations } from '../../../agent/domain/quorum';
import type { ConfirmationSource, QuorumVerdict } from '../../../agent/domain/quorum';
import { commitOf } from '../../support/lane-views';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index + 1}`);

/** A tracker of n1's agent that has taken all of this in. */
function tracker(
  source: ConfirmationSource,
  { records = [], commits = [] }: { records?: readonly string[]; commits?: readonly (readonly [string, string?])[] },
): QuorumTracker {
  const made = new QuorumTracker(source, 'n1');
  for (const nodeId of records) made.addRecord(nodeId);
  for (const one of commits) made.addCommit(commitOf(...one));
  return made;
}

const judge = (nodes: number, confirmed: readonly string[], nowMs = 0): QuorumVerdict =>
  tracker('records', { records: confirmed }).judge({ nodeIds: ids(nodes), nowMs, deadlineMs: 100 });

const judgeCommits = (nodes: number, commits: readonly (readonly [string, string?])[], nowMs = 0): QuorumVerdict =>
  tracker('commit', { commits }).judge({ nodeIds: ids(nodes), nowMs, deadlineMs: 100 });

describe('90 % of the nodes', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [9, 9],
    [10, 9],
    [11, 10],
    [19, 18],
    [20, 18],
    [100, 90],
    [101, 91],
  ])('of %d are %d, by records and by commits', (nodes, required) => {
    expect(requiredConfirmations(nodes)).toBe(required);
    const enough = { kind: 'confirmed', confirmed: required, total: nodes };
    const tooFew = { kind: 'pending', confirmed: required - 1 };
    expect(judge(nodes, ids(required))).toEqual(enough);
    expect(judge(nodes, ids(required - 1))).toMatchObject(tooFew);
    const committed = (count: number) => ids(count).map((nodeId) => [nodeId] as const);
    expect(judgeCommits(nodes, committed(required))).toEqual(enough);
    expect(judgeCommits(nodes, committed(required - 1))).toMatchObject(tooFew);
  });

  it('never rounds below 90 %', () => {
    for (let nodes = 1; nodes <= 1000; nodes += 1) {
      expect(requiredConfirmations(nodes) / nodes).toBeGreaterThanOrEqual(0.9);
      expect((requiredConfirmations(nodes) - 1) / nodes).toBeLessThan(0.9);
    }
  });
});

describe('the verdict', () => {
  it('counts each node once, and only nodes that are active', () => {
    const expected = { kind: 'pending', confirmed: 2, total: 3, missing: ['n3'], disputes: [] };
    expect(judge(3, ['n1', 'n1', 'n1', 'stranger', 'n2'])).toEqual(expected);
    expect(judgeCommits(3, [['n1'], ['n1'], ['stranger'], ['n2'], ['n2']])).toEqual(expected);
    const repeated = { nodeIds: ['n1', 'n2', 'n2'], nowMs: 0, deadlineMs: 100 };
    expect(tracker('records', { records: ['n1', 'n2'] }).judge(repeated)).toMatchObject({ total: 2 });
  });

  it('counts by the source that was chosen, whatever else is known', () => {
    const question = { nodeIds: ids(3), nowMs: 0, deadlineMs: 100 };
    const known = { records: ids(2), commits: [['n1'], ['n2'], ['n3']] as const };
    expect(tracker('records', known).judge(question)).toMatchObject({ kind: 'pending', missing: ['n3'] });
    expect(tracker('commit', known).judge(question)).toMatchObject({ kind: 'confirmed' });
  });

  it('counts a node with several peers once, by any of them', () => {
    const made = tracker('commit', { commits: [['n1'], ['n2']] });
    made.addCommit({ ...commitOf('n2'), peer: 'peer1.n2' });
    const question = { nodeIds: ids(3), nowMs: 0, deadlineMs: 100 };
    expect(made.judge(question)).toMatchObject({ confirmed: 2, missing: ['n3'] });
    made.addCommit({ ...commitOf('n3', 'MVCC_READ_CONFLICT'), peer: 'peer0.n3' });
    made.addCommit({ ...commitOf('n3'), peer: 'peer1.n3' });
    expect(made.judge(question)).toMatchObject({ kind: 'confirmed' });
  });

  it('is undecided from the deadline on, and names who is missing', () => {
    expect(judge(3, ['n2'], 99)).toMatchObject({ kind: 'pending' });
    const undecided = { kind: 'undecided', confirmed: 1, total: 3, missing: ['n1', 'n3'], disputes: [] };
    expect(judge(3, ['n2'], 100)).toEqual(undecided);
    expect(judgeCommits(3, [['n2']], 100)).toEqual(undecided);
  });

  it('is confirmed even after the deadline when enough have confirmed', () => {
    expect(judge(3, ids(3), 1000)).toEqual({ kind: 'confirmed', confirmed: 3, total: 3 });
  });

  it('is never confirmed by nobody', () => {
    expect(judge(0, [])).toMatchObject({ kind: 'pending', confirmed: 0, total: 0 });
  });

  it('follows the nodes as they are now', () => {
    const made = tracker('commit', { commits: [['n1'], ['n2']] });
    const ask = (nodeIds: readonly string[]) => made.judge({ nodeIds, nowMs: 0, deadlineMs: 100 });
    expect(ask(['n1', 'n2', 'n3'])).toMatchObject({ kind: 'pending', missing: ['n3'] });
    // The third was suspended, then a fourth joined.
    expect(ask(['n1', 'n2'])).toMatchObject({ kind: 'confirmed' });
    expect(ask(['n1', 'n2', 'n4'])).toMatchObject({ kind: 'pending', missing: ['n4'] });
  });
});

describe('a validation code', () => {
  it('that is not valid rejects, from one peer alone and whatever the source', () => {
    const by = commitOf('n3', 'MVCC_READ_CONFLICT');
    expect(judgeCommits(3, [['n3', 'MVCC_READ_CONFLICT']])).toEqual({ kind: 'rejected', by });
    const own = commitOf('n1', 'PHANTOM_READ_CONFLICT');
    expect(judgeCommits(3, [['n2'], ['n1', own.validationCode], ['n3', 'BAD_PAYLOAD']])).toEqual({
      kind: 'rejected',
      by: own,
    });
    const made = tracker('records', { records: ids(3), commits: [['n3', 'MVCC_READ_CONFLICT']] });
    expect(made.judge({ nodeIds: ids(3), nowMs: 0, deadlineMs: 100 })).toEqual({ kind: 'rejected', by });
  });

  it('against that of the own peer counts as missing: a peer that lies stops nobody', () => {
    const lie = commitOf('n3', 'MVCC_READ_CONFLICT');
    const commits = [['n3', lie.validationCode], ['n1'], ['n2']] as const;
    expect(judgeCommits(3, commits)).toEqual({
      kind: 'pending',
      confirmed: 2,
      total: 3,
      missing: ['n3'],
      disputes: [lie],
    });
    const others = ids(20)
      .filter((nodeId) => nodeId !== 'n3')
      .map((nodeId) => [nodeId] as const);
    expect(judgeCommits(20, [...commits, ...others])).toEqual({ kind: 'confirmed', confirmed: 19, total: 20 });
  });

  it('of a second envelope says nothing', () => {
    expect(judgeCommits(2, [['n1'], ['n2', 'DUPLICATE_TXID']])).toMatchObject({ kind: 'pending', missing: ['n2'] });
    expect(judgeCommits(2, [['n1'], ['n2'], ['n2', 'DUPLICATE_TXID']])).toMatchObject({ kind: 'confirmed' });
  });
});
