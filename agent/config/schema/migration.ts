import { z } from 'zod';
import { Seconds } from './primitives';

export const Migration = z.strictObject({
  // `direct` is a word of the ledger's; no agent can do it yet, so none may be set up for it.
  strategy: z.enum(['registry']).default('registry').describe('How containers move.'),
  hysteresisMeters: z
    .number()
    .min(0)
    .max(100_000)
    .default(20)
    .describe('A device has left once it is so many metres beyond the radius, and has been for hysteresisSeconds.'),
  hysteresisSeconds: Seconds.default(1).describe(
    'For how long a device must have been out without a break; one that has connected to another cluster is believed at once.',
  ),
  decisionSeconds: Seconds.default(20).describe('How long the source waits for confirmations and evaluations.'),
  deadlineSeconds: Seconds.default(600).describe('After this the source aborts what has not been handed over.'),
  backoffSeconds: Seconds.default(10).describe(
    'How long an instance is left alone after a failed migration, longer each time; less when there is news of room.',
  ),
  positionSeconds: Seconds.default(30).describe('A position that is older moves nothing.'),
  roomSeconds: Seconds.default(3).describe('How long what another cluster says of its room is believed.'),
});
