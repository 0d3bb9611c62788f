import { z } from 'zod';

export const MigrationState = z.enum(['PROPOSED', 'HANDED_OVER', 'COMPLETED', 'ABORTED', 'SUPERSEDED']);
export type MigrationState = z.infer<typeof MigrationState>;

export const MigrationAction = z.enum(['HandOver', 'Complete', 'Abort', 'Claim', 'Recover']);
export type MigrationAction = z.infer<typeof MigrationAction>;

/** The one table of transitions: used by the contract, the diagram in the docs and the property tests. */
export const TRANSITIONS = {
  PROPOSED: { HandOver: 'HANDED_OVER', Abort: 'ABORTED', Claim: 'SUPERSEDED', Recover: 'SUPERSEDED' },
  HANDED_OVER: { Complete: 'COMPLETED', Claim: 'SUPERSEDED', Recover: 'SUPERSEDED' },
  COMPLETED: {},
  ABORTED: {},
  SUPERSEDED: {},
} as const satisfies Record<MigrationState, Partial<Record<MigrationAction, MigrationState>>>;

/** The state that the action leads to; undefined when the table has no such arrow. */
export function nextState(state: MigrationState, action: MigrationAction): MigrationState | undefined {
  const arrows: Partial<Record<MigrationAction, MigrationState>> = TRANSITIONS[state];
  return arrows[action];
}

export function isTerminal(state: MigrationState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0;
}
