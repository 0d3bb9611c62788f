import { z } from 'zod';
import { SourceIp } from './node';
import { Id, Line, NodeId, SchemaVersion, TimestampMs } from './primitives';

export const Policy = z.enum(['paper', 'strict']);
export type Policy = z.infer<typeof Policy>;

/** The paper's prob list by name: true when the node CAN provide it (Algorithm 2's text, not its print). */
export const Checks = z.strictObject({
  size: z.boolean(),
  cpu: z.boolean(),
  gpu: z.boolean(),
  applicationType: z.boolean(),
});
export type Checks = z.infer<typeof Checks>;

/**
 * True when the checks alone leave room for a true verdict (Algorithm 2). `paper`: the application type matches and at
 * most one check failed; `strict`: none failed, and more than these four must hold.
 */
export function checksPermit(policy: Policy, checks: Checks): boolean {
  const failed = Object.values(checks).filter((passed) => !passed).length;
  return policy === 'paper' ? checks.applicationType && failed <= 1 : failed === 0;
}

/** The argument of EvaluationContract:Submit: a node's answer to shared metadata. */
export const EvaluationSubmission = z
  .strictObject({
    metadataId: Id,
    policy: Policy,
    checks: Checks,
    verdict: z.boolean(),
    /** Sentences for people: why not, or what was close. */
    reasons: z.array(Line(300)).max(20),
    /** When the reservation that a true verdict makes ends, if it is not picked; null with a false verdict. */
    offerExpiresAtMs: TimestampMs.nullable(),
  })
  .refine((e) => e.verdict === (e.offerExpiresAtMs !== null), {
    path: ['offerExpiresAtMs'],
    message: 'a true verdict carries an offer, a false one none',
  })
  .refine((e) => !e.verdict || checksPermit(e.policy, e.checks), {
    path: ['verdict'],
    message: 'the checks do not permit a true verdict',
  })
  .refine((e) => e.verdict || e.reasons.length > 0, { path: ['reasons'], message: 'a false verdict says why' });
export type EvaluationSubmission = z.infer<typeof EvaluationSubmission>;

/** A node's evaluation: the paper's migrationRequest(source_ip, flag). Key: (evaluation, metadataId, nodeId). */
export const Evaluation = z.strictObject({
  v: SchemaVersion,
  type: z.literal('evaluation'),
  metadataId: Id,
  nodeId: NodeId,
  sourceIp: SourceIp,
  policy: Policy,
  checks: Checks,
  verdict: z.boolean(),
  reasons: z.array(Line(300)).max(20),
  offerExpiresAtMs: TimestampMs.nullable(),
  evaluatedAtMs: TimestampMs,
});
export type Evaluation = z.infer<typeof Evaluation>;
