import { z } from 'zod';
import { Line, Policy } from '../../../chaincode/src/model';
import { Seconds } from './primitives';

const Admission = z.strictObject({
  privileged: z.boolean().default(false).describe('Privileged containers.'),
  hostNamespaces: z.boolean().default(false).describe("The host's network, pid, ipc, uts or user namespace."),
  binds: z.boolean().default(false).describe('Bind mounts of host paths.'),
  capabilities: z.array(Line(64)).default([]).describe('Linux capabilities that may be added, e.g. NET_ADMIN.'),
  devices: z.array(Line(256)).default([]).describe('Device files that may be given, e.g. /dev/video0.'),
});

export const Evaluation = z.strictObject({
  policy: Policy.default('strict').describe("strict: every check must pass; paper: Algorithm 2's text."),
  offerSeconds: Seconds.default(60).describe('How long a true verdict reserves the resources when nobody picks it.'),
  allow: Admission.prefault({}).describe("What another cluster's container may ask for; all else is refused."),
});
