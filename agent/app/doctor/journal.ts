import { judgeJournal } from '../../domain/doctor/machine';
import type { Check } from './check';

export const journal: Check = {
  name: 'journal',
  about: 'that the journal can be read',
  needs: 'config',
  run: async ({ machine, config }) => [judgeJournal(await machine.journal(config.state.directory))],
};
