import { z } from 'zod';

/** The schema version that this release writes into every record. */
export const SCHEMA_VERSION = 1;

export const SchemaVersion = z.literal(SCHEMA_VERSION);

/**
 * No control characters, no line separators, no half surrogates (UTF-8 cannot carry them), and nothing that turns the
 * direction of writing, which would make a terminal show something else than what is stored.
 */
const NO_CONTROL = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u;

/** One line of text for people: no control characters, at most `max` UTF-16 units. */
export const Line = (max: number): z.ZodString =>
  z.string().max(max).regex(NO_CONTROL, 'control characters are not allowed');

/** An id that its caller makes: lower case, digits and hyphens, 1 to 63 characters. */
export const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, 1 to 63 characters');

/** A node's id: the MSP id of its organisation, so that the channel itself vouches for it. */
export const NodeId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/, 'an MSP id: letters, digits, dots and hyphens');

/** A SHA-256 digest as `sha256:` and 64 lower-case hexadecimal digits. */
export const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits');

/** A whole number from 0 to 2^53 - 1; its unit stands in the field's name. */
export const Count = z.int().min(0);

/** A point in time in milliseconds since 1970-01-01T00:00:00Z. */
export const TimestampMs = z.int().min(0);

/** A number of thousandths: 1000 = one CPU core or one GPU. At most a million cores. */
export const Millis = z.int().min(0).max(1_000_000_000);

/** A position in millionths of a degree (WGS 84): integers, so that every endorser agrees. */
export const Position = z.strictObject({
  latE6: z.int().min(-90_000_000).max(90_000_000),
  lonE6: z.int().min(-180_000_000).max(180_000_000),
});
export type Position = z.infer<typeof Position>;

/** What a container needs or a cluster has. */
export const Resources = z.strictObject({
  memoryBytes: Count,
  cpuMillis: Millis,
  gpuMillis: Millis,
  diskBytes: Count,
});
export type Resources = z.infer<typeof Resources>;

/** The platform of an image or of an engine, in the words of the OCI image specification. */
export const Platform = z.strictObject({
  os: Line(32).min(1),
  architecture: Line(32).min(1),
  /** E.g. `v8`; empty where the platform has none. */
  variant: Line(32),
});
export type Platform = z.infer<typeof Platform>;

export const Strategy = z.enum(['registry', 'direct']);
export type Strategy = z.infer<typeof Strategy>;

/** Reads a page of a list: how many records at most, and where the page before ended (empty: at the start). */
export const PageRequest = z.strictObject({
  pageSize: z.int().min(1).max(1000),
  bookmark: Line(2048),
});
export type PageRequest = z.infer<typeof PageRequest>;

export const pageOf = <T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; bookmark: z.ZodString }, z.core.$strict> =>
  z.strictObject({ items: z.array(item), bookmark: z.string() });
