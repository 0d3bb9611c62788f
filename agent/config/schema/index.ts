import { z } from 'zod';
import { Cluster } from './cluster';
import { Docker, Registry } from './engine';
import { Evaluation } from './evaluation';
import { Confirmation, Lease, Ledger } from './ledger';
import { Gateway } from './gateway';
import { Migration } from './migration';
import { Control, Metrics, Peers } from './serving';
import { Log, State } from './state';

/** Until the others have suspended a cluster whose lease is over. */
const SUSPEND_SECONDS = 30;

/**
 * The agent's configuration file (YAML). Every key has a default or is needed; unknown keys are errors.
 * Sizes in MiB, times in seconds, positions in degrees: what people write.
 */
export const AgentConfig = z
  .strictObject({
    cluster: Cluster.describe('Who this cluster is.'),
    ledger: Ledger.describe('The way to the channel.'),
    docker: Docker.prefault({}).describe('The container engine.'),
    registry: Registry.describe('The private registry (strategy registry, and images of services).'),
    gateway: Gateway.describe('Where devices connect.'),
    peers: Peers.describe('Agent to agent.'),
    control: Control.prefault({}).describe('Where the command line reaches the agent.'),
    metrics: Metrics.prefault({}).describe('Figures for Prometheus.'),
    state: State.prefault({}).describe("The agent's own memory."),
    evaluation: Evaluation.prefault({}).describe('How foreign containers are judged.'),
    confirmation: Confirmation.prefault({}).describe('What the 90 % of the nodes are counted by.'),
    migration: Migration.prefault({}).describe('When and how containers move.'),
    lease: Lease.prefault({}).describe('How long the cluster counts as a member without a sign of its agent.'),
    log: Log.prefault({}).describe('The log, JSON lines on standard error.'),
  })
  .refine(({ lease, migration }) => migration.deadlineSeconds >= lease.seconds + SUSPEND_SECONDS, {
    path: ['migration', 'deadlineSeconds'],
    message: `at least ${SUSPEND_SECONDS} s longer than lease.seconds: a cluster that is off is suspended meanwhile`,
  });
export type AgentConfig = z.infer<typeof AgentConfig>;

/** Keys that hold file names: relative ones start at the configuration file's folder. */
export const PATH_KEYS = [
  ['ledger', 'connectionProfile'],
  ['ledger', 'certificate'],
  ['ledger', 'privateKey'],
  ['docker', 'socket'],
  ['registry', 'passwordFile'],
  ['gateway', 'tls', 'certificate'],
  ['gateway', 'tls', 'privateKey'],
  ['gateway', 'auth', 'jwksFile'],
  ['control', 'socket'],
  ['control', 'clientCa'],
  ['control', 'certificate'],
  ['control', 'privateKey'],
  ['state', 'directory'],
] as const satisfies readonly (readonly string[])[];
