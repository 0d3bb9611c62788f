import { judgeNode } from '../../domain/doctor/machine';
import type { Check } from './check';

/** The version of Node.js. */
export const nodeVersion: Check = {
  name: 'node',
  needs: 'nothing',
  run: ({ machine }) => Promise.resolve([judgeNode(machine.nodeVersion)]),
};
