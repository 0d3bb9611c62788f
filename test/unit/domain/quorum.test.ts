import { judgeQuorum, requiredConfirmations } from '../../../agent/domain/quorum';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index + 1}`);
const judge = (nodes: number, confirmed: readonly string[], nowMs = 0): ReturnType<typeof judgeQuorum> =>
  judgeQuorum({ nodeIds: ids(nodes), confirmedBy: confirmed, nowMs, deadlineMs: 100 });

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
  ])('of %d are %d', (nodes, required) => {
    expect(requiredConfirmations(nodes)).toBe(required);
    expect(judge(nodes, ids(required))).toMatchObject({ kind: 'confirmed', confirmed: required, total: nodes });
    expect(judge(nodes, ids(required - 1))).toMatchObject({ kind: 'pending', confirmed: required - 1 });
  });

  it('never rounds below 90 %', () => {
    for (let nodes = 1; nodes <= 1000; nodes += 1) {
      expect(requiredConfirmations(nodes) / nodes).toBeGreaterThanOrEqual(0.9);
      expect((requiredConfirmations(nodes) - 1) / nodes).toBeLessThan(0.9);
    }
  });
});

describe('the verdict', () => {
  it('counts each node once, and only nodes that exist', () => {
    expect(judge(3, ['n1', 'n1', 'n1', 'stranger', 'n2'])).toEqual({
      kind: 'pending',
      confirmed: 2,
      total: 3,
      missing: ['n3'],
    });
  });

  it('is undecided from the deadline on, and names who is missing', () => {
    expect(judge(3, ['n2'], 99)).toMatchObject({ kind: 'pending' });
    expect(judge(3, ['n2'], 100)).toEqual({ kind: 'undecided', confirmed: 1, total: 3, missing: ['n1', 'n3'] });
  });

  it('is confirmed even after the deadline when enough have confirmed', () => {
    expect(judge(3, ids(3), 1000)).toEqual({ kind: 'confirmed', confirmed: 3, total: 3 });
  });

  it('is never confirmed by nobody', () => {
    expect(judge(0, [])).toMatchObject({ kind: 'pending', confirmed: 0, total: 0 });
  });
});
