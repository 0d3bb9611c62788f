import { z } from 'zod';
import { Path } from './primitives';

export const State = z.strictObject({
  directory: Path.default('/var/lib/blosm').describe('Journal, checkpoint, run specs.'),
});

export const Log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least that is logged.'),
});
