import { judgeJournal } from '../../domain/doctor/machine';
import type { Check } from './check';

/** That the journal can be read. */
export const journal: Check = {
  name: 'journal',
  needs: 'config',
  run: async ({ machine, config }) => [judgeJournal(await machine.journal(config.state.directory))],
};
