import { z } from 'zod';
import { Listen, Path } from './primitives';

export const Peers = z.strictObject({
  listen: Listen.describe('host:port where other agents connect (mutual TLS).'),
  advertiseUrl: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Where other agents reach it; by default https:// and the listen address.'),
});

export const Control = z.strictObject({
  socket: Path.default('/run/blosm/agent.sock').describe('Unix socket of the control API.'),
});
