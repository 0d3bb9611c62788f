import { z } from 'zod';
import { LeaseRenewal, Line } from '../../../chaincode/src/model';
import { Path } from './primitives';

export const Ledger = z.strictObject({
  connectionProfile: Path.describe("Fabric's connection profile (YAML or JSON) with the own peer and the orderer."),
  channel: Line(249).default('blosm').describe('The channel that all clusters share.'),
  chaincode: Line(63).default('blosm').describe('Name under which the chaincode is committed.'),
  certificate: Path.describe(
    "The agent's certificate (PEM): signs transactions and proves it to other agents. A renewed one is taken over " +
      'while the agent runs, once it belongs to the key.',
  ),
  privateKey: Path.describe("The certificate's private key (PEM)."),
  adapter: z
    .enum(['fabric-network', 'fabric-gateway'])
    .default('fabric-network')
    .describe(
      'How transactions are made. fabric-network: the agent gathers the endorsements itself, any Fabric from 2.1 on; ' +
        'fabric-gateway: its peer does, Fabric 2.4 or later, so that it reaches fewer nodes itself.',
    ),
  asLocalhost: z
    .boolean()
    .default(false)
    .describe("True only for networks that announce themselves as localhost (fabric-samples' test-network)."),
});

export const Confirmation = z.strictObject({
  source: z
    .enum(['records', 'commit'])
    .default('records')
    .describe(
      'By what a node counts as confirming a migration: records, its own record on the ledger, which says that its ' +
        'agent has acted on it; commit, that its peer has committed the proposal, which is faster with many nodes.',
    ),
});

export const Lease = z.strictObject({
  seconds: LeaseRenewal.shape.leaseSeconds
    .default(120)
    .describe('A node whose agent has been away for so long can be suspended: the others go on without it.'),
});
