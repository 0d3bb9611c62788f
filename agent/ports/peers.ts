import { z } from 'zod';
import { Id, Position, Resources, type RunSpec } from '../../chaincode/src/model';
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

/** Where a device is that has sent nothing but its position. Its token proves that it may move the instance. */
export const PositionMessage = z.strictObject({ token: z.string().max(200), position: Position });
export type PositionMessage = z.infer<typeof PositionMessage>;

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

/** What the source of a migration tells its new owner of the device's token. */
export const TokenFacts = z.strictObject({
  /** The device has used the present token: the one before is no good any more. */
  taken: z.boolean(),
  /** The present secret, if the device may not have it yet; null: it is not known or not needed. */
  secret: z.string().max(128).nullable(),
});
export type TokenFacts = z.infer<typeof TokenFacts>;

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
  /** Asked by the new owner between hand-over and Complete; the source tells it to nobody else. */
  token(nodeId: string, migrationId: string, options?: CallOptions): Promise<TokenFacts>;
  /** The run spec of a service, from a node that has it. */
  runSpec(nodeId: string, serviceId: string, options?: CallOptions): Promise<RunSpec>;
  /** To the instance's owner; BLOSM_E_PEER_REFUSED when it is not (any more). */
  position(nodeId: string, message: PositionMessage, options?: CallOptions): Promise<void>;
}

/** What an agent answers to other agents. `callerNodeId` is already proven by the certificate. */
export interface PeerHandlers {
  room(callerNodeId: string, request: RoomRequest): Promise<RoomAnswer>;
  pick(callerNodeId: string, order: PickOrder): Promise<void>;
  image(callerNodeId: string, order: ImageOrder): Promise<void>;
  progress(callerNodeId: string, migrationId: string): Promise<DestinationProgress>;
  token(callerNodeId: string, migrationId: string): Promise<TokenFacts>;
  runSpec(callerNodeId: string, serviceId: string): Promise<RunSpec>;
  position(callerNodeId: string, message: PositionMessage): Promise<void>;
}

/** Who may speak agent to agent: read from the ledger's node records, kept fresh by the agent. */
export interface PeerDirectory {
  /** The node whose registered certificate has this SHA-256 (hexadecimal, of the DER form); undefined: nobody's. */
  nodeOfCertificate(sha256Hex: string): string | undefined;
  /** Where the node's agent listens and which certificate it must show; undefined: not registered. */
  addressOf(nodeId: string): { readonly agentUrl: string; readonly certificateSha256Hex: string } | undefined;
}
