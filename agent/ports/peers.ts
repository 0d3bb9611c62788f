import { z } from 'zod';
import { Id, Resources, type RunSpec } from '../../chaincode/src/model';
import type { ImageOrder, PickOrder } from '../domain/orders';
import type { CallOptions } from './call';

export { ImageOrder, PickOrder } from '../domain/orders';

/** "Have you room for this?" */
export const RoomRequest = z.strictObject({ serviceId: Id, need: Resources });
export type RoomRequest = z.infer<typeof RoomRequest>;

export const RoomAnswer = z.strictObject({
  hasRoom: z.boolean(),
  remaining: Resources,
  /** Why not; empty when there is room. */
  reason: z.string(),
});
export type RoomAnswer = z.infer<typeof RoomAnswer>;

/** How far the picked node is. */
export const DestinationProgress = z.strictObject({
  migrationId: Id,
  stage: z.enum(['unknown', 'picked', 'pulling', 'starting', 'warming', 'prepared', 'failed', 'serving']),
  detail: z.string(),
  sinceMs: z.number(),
  /** What it has done so far, for the timeline; milliseconds since 1970 by its own clock; endMs null: under way. */
  phases: z.array(
    z.strictObject({
      name: z.string(),
      startMs: z.number(),
      endMs: z.number().nullable(),
      /** The transaction that the step wrote; empty: none. */
      transactionId: z.string(),
    }),
  ),
});
export type DestinationProgress = z.infer<typeof DestinationProgress>;

/**
 * Other clusters' agents, by node id: mutual TLS, the certificate registered on the ledger is the identity.
 * Fails with BLOSM_E_PEER_UNREACHABLE, BLOSM_E_PEER_REFUSED (with the other's code in the message),
 * BLOSM_E_PROTOCOL_VERSION (one of the two is too old for the other), BLOSM_E_TIMEOUT (default 5 s), BLOSM_E_CANCELLED.
 */
export interface Peers {
  room(nodeId: string, request: RoomRequest, options?: CallOptions): Promise<RoomAnswer>;
  pick(nodeId: string, order: PickOrder, options?: CallOptions): Promise<void>;
  image(nodeId: string, order: ImageOrder, options?: CallOptions): Promise<void>;
  progress(nodeId: string, migrationId: string, options?: CallOptions): Promise<DestinationProgress>;
  /** The run spec of a service, from a node that has it. */
  runSpec(nodeId: string, serviceId: string, options?: CallOptions): Promise<RunSpec>;
}

/** What an agent answers to other agents. `callerNodeId` is already proven by the certificate. */
export interface PeerHandlers {
  room(callerNodeId: string, request: RoomRequest): Promise<RoomAnswer>;
  pick(callerNodeId: string, order: PickOrder): Promise<void>;
  image(callerNodeId: string, order: ImageOrder): Promise<void>;
  progress(callerNodeId: string, migrationId: string): Promise<DestinationProgress>;
  runSpec(callerNodeId: string, serviceId: string): Promise<RunSpec>;
}

/** Who may speak agent to agent: read from the ledger's node records, kept fresh by the agent. */
export interface PeerDirectory {
  /** The node whose registered certificate has this SHA-256 (hexadecimal, of the DER form); undefined: nobody's. */
  nodeOfCertificate(sha256Hex: string): string | undefined;
  /** Where the node's agent listens and which certificate it must show; undefined: not registered. */
  addressOf(nodeId: string): { readonly agentUrl: string; readonly certificateSha256Hex: string } | undefined;
}
