import { z } from 'zod';
import { Id, Line, NodeId, NodeState, TimestampMs } from '../../../chaincode/src/model';
import { positionOfDegrees } from '../../domain/geo';
import type { CallOptions } from '../call';

export const PlacementView = z.object({
  /** Null: it is about a first request. */
  instanceId: Id.nullable(),
  serviceId: Id,
  ownerName: z.string().nullable(),
  /** `device`: as it told this cluster last; `given`: by whoever asks; `unknown`: the owner's agent may know it. */
  positionFrom: z.enum(['device', 'given', 'unknown']),
  /** How long ago the device told it. */
  positionAgeMs: z.number().nullable(),
  /** What happens now, in a sentence. */
  decision: z.string(),
  /** All clusters, the best first. */
  places: z.array(
    z.object({
      nodeId: NodeId,
      name: z.string(),
      isOwner: z.boolean(),
      state: NodeState,
      cordoned: z.boolean(),
      distanceMeters: z.number().nullable(),
      covers: z.boolean().nullable(),
      eligible: z.boolean(),
      reasons: z.array(z.string()),
      /** What it said of the instance's last migration; null: nothing. */
      lastEvaluation: z.object({ verdict: z.boolean(), reasons: z.array(z.string()), atMs: TimestampMs }).nullable(),
    }),
  ),
});
export type PlacementView = z.infer<typeof PlacementView>;

const DEGREES = /^\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*$/;

/** `latitude,longitude` in degrees. */
const Degrees = Line(80).transform((text, context) => {
  const [, latitude, longitude] = DEGREES.exec(text) ?? [];
  const isPlace = Math.abs(Number(latitude)) <= 90 && Math.abs(Number(longitude)) <= 180;
  if (isPlace) return positionOfDegrees(Number(latitude), Number(longitude));
  context.addIssue({ code: 'custom', message: 'is not latitude,longitude in degrees' });
  return z.NEVER;
});

export const PlacementRequest = z.strictObject({ at: Degrees.optional() });
export type PlacementRequest = z.infer<typeof PlacementRequest>;

export interface PlacementControl {
  /**
   * Where an instance, or a first request of a service, would go now, and why not elsewhere; asks the other agents for
   * room. @throws BlosmError BLOSM_E_NOT_FOUND when the id is neither of an instance nor of a service
   */
  explain(id: string, request: PlacementRequest, options?: CallOptions): Promise<PlacementView>;
}
