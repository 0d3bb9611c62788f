import { findingsOr, ok } from '../../domain/doctor/finding';
import type { Check } from './check';

/** The configuration file and what it names. */
export const configuration: Check = {
  name: 'config',
  needs: 'nothing',
  run: ({ configFindings }) => Promise.resolve(findingsOr(configFindings, ok('valid'))),
};
