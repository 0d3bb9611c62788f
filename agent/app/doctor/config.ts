import { findingsOr, ok } from '../../domain/doctor/finding';
import type { Check } from './check';

export const configuration: Check = {
  name: 'config',
  about: 'the configuration file and what it names',
  needs: 'nothing',
  run: ({ configFindings }) => Promise.resolve(findingsOr(configFindings, ok('valid'))),
};
