import type { NodeProfile, Policy, Resources, Strategy } from '../../chaincode/src/model';
import type { AdmissionPolicy } from '../domain/evaluation';
import type { Hysteresis } from '../domain/coverage';
import type { ConfirmationSource } from '../domain/quorum';
import type { Clock, Random } from '../ports/clock';
import type { Engine } from '../ports/engine';
import type { Journal } from '../ports/journal';
import type { Ledger } from '../ports/ledger';
import type { Log } from '../ports/log';
import type { Metrics } from '../ports/metrics';
import type { Peers } from '../ports/peers';
import type { Probe } from '../ports/probe';

/** What the operator decided, in the units of the code. */
export interface AgentSettings {
  readonly profile: NodeProfile;
  readonly applicationTypes: readonly string[];
  /** Replaces what the engine's host has, resource by resource. */
  readonly capacity: Partial<Resources>;
  /** `host:port` of the private registry. */
  readonly registryAddress: string;
  readonly policy: Policy;
  readonly allow: AdmissionPolicy;
  readonly offerMs: number;
  readonly strategy: Strategy;
  readonly hysteresis: Hysteresis;
  readonly decisionMs: number;
  /** By what a node counts as confirming. */
  readonly confirmationSource: ConfirmationSource;
  readonly deadlineMs: number;
  readonly backoffMs: number;
  /** How long a device's position counts after it was told. */
  readonly positionMs: number;
  /** How long what another cluster says of its room is believed. */
  readonly roomMs: number;
  /** For how long this node vouches for itself each time; whole seconds. */
  readonly leaseMs: number;
  /** How long a request waits for its container. */
  readonly holdMs: number;
  /** The same for services, by id, for which it is another time. */
  readonly serviceHoldMs: ReadonlyMap<string, number>;
  /** How long `drain` waits for requests to end. */
  readonly drainMs: number;
  /** How long `warm` waits for the health check. */
  readonly warmMs: number;
  /** How often a resting lane looks again without being woken. */
  readonly resyncMs: number;
}

/** How long a request of the service waits for its container. */
export const holdMsOf = ({ holdMs, serviceHoldMs }: AgentSettings, serviceId: string): number =>
  serviceHoldMs.get(serviceId) ?? holdMs;

/** Everything outside, behind the ports. Built by the daemon alone. */
export interface AgentContext {
  readonly settings: AgentSettings;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly probe: Probe;
  readonly peers: Peers;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where figures go; none: nowhere. */
  readonly metrics?: Metrics;
}
