import { z } from 'zod';
import { Count, Id, Line, NodeId, Platform, Resources, SchemaVersion, Sha256, TimestampMs } from './primitives';

/** `none`: nothing is kept between requests; `files`: the writable layer and declared volumes are the state. */
export const ServiceState = z.enum(['none', 'files']);
export type ServiceState = z.infer<typeof ServiceState>;

/** `device`: a container for each device (the paper's model); `shared`: one for all devices on a cluster. */
export const Tenancy = z.enum(['device', 'shared']);
export type Tenancy = z.infer<typeof Tenancy>;

/** The service's image, without the registry's address: every cluster names its own way to the private registry. */
export const ServiceImage = z.strictObject({
  repository: z
    .string()
    .max(200)
    .regex(/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/, 'a repository path, e.g. blosm/counter'),
  manifestDigest: Sha256,
  /** SHA-256 of the image's config, which pins all layers; the same in every engine and registry. */
  configDigest: Sha256,
  sizeBytes: Count,
});
export type ServiceImage = z.infer<typeof ServiceImage>;

/** The argument of ServiceContract:Register. */
export const ServiceRegistration = z
  .strictObject({
    serviceId: Id,
    applicationType: Line(63).min(1),
    image: ServiceImage,
    /** SHA-256 over the canonical JSON of the {@link RunSpec}, which itself travels agent to agent only. */
    specSha256: Sha256,
    state: ServiceState,
    tenancy: Tenancy,
    need: Resources,
    platform: Platform,
    gpuRuntime: Line(63),
    l4tRelease: Line(63),
    /** An instance that no request has reached for so long is removed; 0: never. */
    idleSeconds: z.int().min(0).max(31_536_000),
  })
  .refine((s) => s.tenancy === 'device' || s.state === 'none', {
    path: ['tenancy'],
    message: 'a shared service keeps no state',
  });
export type ServiceRegistration = z.infer<typeof ServiceRegistration>;

/** A service that devices may ask for. Key: (service, serviceId). */
export const ServiceRecord = z.strictObject({
  v: SchemaVersion,
  type: z.literal('service'),
  registeredBy: NodeId,
  registeredAtMs: TimestampMs,
  ...ServiceRegistration.shape,
});
export type ServiceRecord = z.infer<typeof ServiceRecord>;

const AbsolutePath = Line(1024).regex(/^\//, 'an absolute path');

/**
 * How a container of the service is run. It may hold secrets, so it goes agent to agent over mutual TLS, never to
 * the ledger; the ledger holds its hash.
 */
export const RunSpec = z.strictObject({
  v: SchemaVersion,
  /** The TCP port on which the service answers HTTP. */
  port: z.int().min(1).max(65_535),
  /** Answers 200 as soon as the service can serve. */
  healthPath: AbsolutePath,
  /** Replaces the image's command; empty: the image's own. */
  command: z.array(Line(4096)).max(100),
  env: z
    .array(
      z.strictObject({
        name: Line(256).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name'),
        value: z.string().max(32_768),
        secret: z.boolean(),
      }),
    )
    .max(200),
  user: Line(64),
  /** Paths of anonymous volumes inside the container. */
  volumes: z.array(AbsolutePath).max(20),
  privileged: z.boolean(),
  hostNamespaces: z.array(z.enum(['network', 'pid', 'ipc', 'uts', 'user'])).max(5),
  binds: z.array(Line(2048)).max(20),
  capabilities: z.array(Line(64)).max(50),
  devices: z.array(Line(256)).max(20),
  gpu: z.boolean(),
  /** How long `stop` waits before it kills. */
  stopGraceSeconds: z.int().min(0).max(3600),
});
export type RunSpec = z.infer<typeof RunSpec>;
