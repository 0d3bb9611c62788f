import { isTerminal, MigrationState, TRANSITIONS } from '../../chaincode/src/model';
import { generatedFrom } from './markdown';

/** What is true in each state, for people. */
const MEANING: Readonly<Record<MigrationState, string>> = {
  PROPOSED: 'The source owns the instance; nodes evaluate, one is picked and prepares. All of it can be rolled back.',
  HANDED_OVER: 'The destination owns the instance, at the next epoch; it completes as soon as it serves.',
  COMPLETED: 'The destination serves; the source has removed or is removing its copy.',
  ABORTED: 'The source serves on; the stage and the reason are on the ledger.',
  SUPERSEDED: 'Another node took the instance over while its owner was suspended.',
};

/** The states of a migration, from the table that the contract and the property tests use. */
export function statesPage(): string {
  const states = MigrationState.options;
  const arrows = states.flatMap((state) =>
    Object.entries(TRANSITIONS[state]).map(([action, next]) => `  ${state} --> ${next}: ${action}`),
  );
  const ends = states.filter(isTerminal).map((state) => `  ${state} --> [*]`);
  return [
    generatedFrom('chaincode/src/model/transitions.ts'),
    '# States of a migration\n',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> PROPOSED: Propose',
    ...arrows,
    ...ends,
    '```\n',
    ...states.map((state) => `- \`${state}\`: ${MEANING[state]}`),
    '',
    'Claim and Recover come with the leases of nodes; no function of the chaincode leads along them yet.',
    '',
  ].join('\n');
}
