import { z } from 'zod';
import { Line } from '../../../chaincode/src/model';
import { Listen, Path } from './primitives';

export const Peers = z.strictObject({
  listen: Listen.describe('host:port where other agents connect (mutual TLS).'),
  advertiseUrl: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Where other agents reach it; by default https:// and the listen address.'),
});

const OperatorRule = Line(255).regex(
  /^([0-9a-fA-F]{64}|(OU|CN|O)=.+)$/,
  "a part of the subject (OU=admin, CN=ops) or a certificate's SHA-256",
);

export const Control = z
  .strictObject({
    socket: Path.default('/run/blosm/agent.sock').describe('Unix socket of the control API.'),
    listen: Listen.optional().describe('host:port of the control API over TCP, with mutual TLS; without it: none.'),
    clientCa: Path.optional().describe(
      "The authority of the operators' certificates (PEM): the own organisation's. Needed with control.listen.",
    ),
    allow: z
      .array(OperatorRule)
      .min(1)
      .max(100)
      .default(['OU=admin'])
      .describe(
        'Who of them may command the agent: parts of the subject (OU=admin, CN=ops) or SHA-256 fingerprints; any one is enough.',
      ),
    certificate: Path.optional().describe(
      "What the agent shows over TCP (PEM); by default its own certificate. Operators' --agent-ca must lead to it.",
    ),
    privateKey: Path.optional().describe("control.certificate's private key (PEM)."),
  })
  .refine(({ listen, clientCa }) => listen === undefined || clientCa !== undefined, {
    path: ['clientCa'],
    message: 'needed with control.listen: without an authority nobody could be let in',
  })
  .refine(({ certificate, privateKey }) => (certificate === undefined) === (privateKey === undefined), {
    path: ['privateKey'],
    message: 'control.certificate and control.privateKey go together',
  });

export const Metrics = z.strictObject({
  listen: Listen.optional().describe(
    'host:port where GET /metrics is answered without TLS or login, for Prometheus; without it only the control API has it.',
  ),
});
