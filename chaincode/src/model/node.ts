import { z } from 'zod';
import { Count, Line, NodeId, Position, SchemaVersion, Sha256, TimestampMs } from './primitives';
import { versioned } from './versions';

/** An IPv4 or IPv6 address or a host name: the paper's source_ip. */
export const SourceIp = Line(253)
  .min(1)
  .regex(/^[A-Za-z0-9.:-]+$/, 'an IP address or a host name');

const HttpsUrl = z.url({ protocol: /^https$/ }).max(300);
const HttpUrl = z.url({ protocol: /^https?$/ }).max(300);

/** The same as an argument: a URL's parser leaves spaces and control characters out in silence, here they are refused. */
const plain = (url: z.ZodURL): z.ZodString =>
  z
    .string()
    .regex(/^[^\s\p{C}]*$/u, 'spaces and control characters are not allowed')
    .refine((text) => url.safeParse(text).success, 'a URL of at most 300 characters');

/** What a node says of itself; it may change this with Update. */
export const NodeProfile = z.strictObject({
  /** Short name for people, e.g. `edge1`. */
  name: Line(63).regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
  sourceIp: SourceIp,
  /** Where other agents reach this one: mutual TLS. */
  agentUrl: plain(HttpsUrl),
  /** Where devices connect. */
  gatewayUrl: plain(HttpUrl),
  site: Position,
  coverageRadiusMeters: z.int().min(1).max(1_000_000),
});
export type NodeProfile = z.infer<typeof NodeProfile>;

/** The argument of NodeContract:Register: the profile and the certificate of the organisation's agent. */
export const NodeRegistration = NodeProfile.extend({
  agentCertificatePem: z
    .string()
    .max(8192)
    .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?$/, 'one PEM certificate'),
});
export type NodeRegistration = z.infer<typeof NodeRegistration>;

/** `SUSPENDED`: its lease had lapsed and a member said so. It may only Renew, and it does not count for the 90 %. */
export const NodeState = z.enum(['ACTIVE', 'SUSPENDED']);
export type NodeState = z.infer<typeof NodeState>;

/** The version of node records that this release writes. */
export const NODE_VERSION = 2;

/** A node's record as this release writes it. */
export const NodeFields = NodeRegistration.extend({
  v: z.literal(NODE_VERSION),
  type: z.literal('node'),
  nodeId: NodeId,
  // As release 0.1 took them: a record that it has written stays readable.
  agentUrl: HttpsUrl,
  gatewayUrl: HttpUrl,
  /** SHA-256 of the certificate's DER form: only this certificate speaks for the node. */
  agentCertificateSha256: Sha256,
  state: NodeState,
  /** It confirms, with verdict false, and takes nothing new; what it owns it keeps. */
  cordoned: z.boolean(),
  registeredAtMs: TimestampMs,
  updatedAtMs: TimestampMs,
  /** How often the record was written; 1 after Register. */
  revision: Count,
});

/** A registered organisation: the paper's blockchain node. Key: (node, nodeId). */
export const NodeRecord = versioned(NodeFields, (v1) => ({ ...v1, state: 'ACTIVE', cordoned: false }));
export type NodeRecord = z.infer<typeof NodeRecord>;

/**
 * Which node's agent a certificate speaks for. Key: (certificate, agentCertificateSha256). Agents know each other by their
 * certificates, so one may never belong to two nodes.
 */
export const CertificateHolder = z.strictObject({
  v: SchemaVersion,
  type: z.literal('certificate'),
  agentCertificateSha256: Sha256,
  nodeId: NodeId,
});
export type CertificateHolder = z.infer<typeof CertificateHolder>;

/** The argument of NodeContract:Renew: how long the node vouches for itself. */
export const LeaseRenewal = z.strictObject({ leaseSeconds: z.int().min(5).max(3600) });
export type LeaseRenewal = z.infer<typeof LeaseRenewal>;

/**
 * "This node works, until then." Key: (lease, nodeId): its agent renews it, and no other submit reads it but Suspend, so
 * that a renewal is in nobody's way.
 */
export const Lease = z.strictObject({
  v: SchemaVersion,
  type: z.literal('lease'),
  nodeId: NodeId,
  renewedAtMs: TimestampMs,
  expiresAtMs: TimestampMs,
});
export type Lease = z.infer<typeof Lease>;
