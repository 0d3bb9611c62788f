import { MigrationAction, MigrationState, isTerminal, nextState } from '../../../../chaincode/src/model';

/** The whole table again, written by hand: every pair that is not here must be refused. */
const ARROWS = new Map([
  ['PROPOSED HandOver', 'HANDED_OVER'],
  ['PROPOSED Abort', 'ABORTED'],
  ['PROPOSED Claim', 'SUPERSEDED'],
  ['PROPOSED Recover', 'SUPERSEDED'],
  ['HANDED_OVER Complete', 'COMPLETED'],
  ['HANDED_OVER Claim', 'SUPERSEDED'],
  ['HANDED_OVER Recover', 'SUPERSEDED'],
]);

const pairs = MigrationState.options.flatMap((state) =>
  MigrationAction.options.map((action) => [state, action] as const),
);

describe('the table of transitions', () => {
  it.each(pairs)('%s %s', (state, action) => {
    expect(nextState(state, action)).toBe(ARROWS.get(`${state} ${action}`));
  });

  it('ends in three states', () => {
    expect(MigrationState.options.filter(isTerminal)).toEqual(['COMPLETED', 'ABORTED', 'SUPERSEDED']);
  });
});
