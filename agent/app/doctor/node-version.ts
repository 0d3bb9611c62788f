import { judgeNode } from '../../domain/doctor/machine';
import type { Check } from './check';

export const nodeVersion: Check = {
  name: 'node',
  about: 'the version of Node.js',
  needs: 'nothing',
  run: ({ machine }) => Promise.resolve([judgeNode(machine.nodeVersion)]),
};
