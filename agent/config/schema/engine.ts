import { z } from 'zod';
import { Line } from '../../../chaincode/src/model';
import { Listen, Path } from './primitives';

export const Docker = z.strictObject({
  socket: Path.default('/var/run/docker.sock').describe("The Docker Engine's unix socket."),
  network: Line(63).default('bridge').describe("The engine's network that containers join."),
});

export const Registry = z
  .strictObject({
    address: Listen.describe('host:port of the private registry, as this cluster reaches it.'),
    username: Line(255).optional().describe('Without it the registry is used without a login.'),
    passwordFile: Path.optional().describe('File that holds the password, on one line.'),
  })
  .refine(({ username, passwordFile }) => passwordFile === undefined || username !== undefined, {
    path: ['passwordFile'],
    message: 'needs registry.username: without it the registry is used without a login',
  });
