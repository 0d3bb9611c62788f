import { z } from 'zod';
import { Strategy } from '../../../chaincode/src/model';
import { Seconds } from './primitives';

export const Migration = z.strictObject({
  strategy: Strategy.default('registry').describe('How containers move.'),
  hysteresisMeters: z
    .number()
    .min(0)
    .max(100_000)
    .default(20)
    .describe('A device has left once it is so many metres beyond the radius...'),
  hysteresisSeconds: Seconds.default(1).describe('...or has been beyond it for so long.'),
  decisionSeconds: Seconds.default(20).describe('How long the source waits for confirmations and evaluations.'),
  deadlineSeconds: Seconds.default(600).describe('After this the source aborts what has not been handed over.'),
  backoffSeconds: Seconds.default(10).describe('How long an instance is left alone after a failed migration.'),
});
