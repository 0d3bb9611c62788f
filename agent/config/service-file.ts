import { z } from 'zod';
import {
  Id,
  Line,
  Millis,
  RunSpec,
  SCHEMA_VERSION,
  ServiceImage,
  ServiceState,
  Tenancy,
} from '../../chaincode/src/model';
import type { ServiceOrder } from '../ports/control';

const BYTES_PER_MIB = 1_048_576;
const MebiBytes = z.int().min(0).max(1_000_000_000);
const spec = RunSpec.shape;

/** The `run` part of a service file: {@link RunSpec} with defaults, and the environment as people write it. */
const RunSection = z.strictObject({
  port: spec.port.describe('TCP port on which the service answers HTTP.'),
  healthPath: spec.healthPath.default('/').describe('Answers 200 as soon as the service can serve.'),
  command: spec.command.default([]).describe("Replaces the image's command; empty: the image's own."),
  env: spec.env.element
    .extend({ secret: z.boolean().default(false).describe('Never stored in an image or on the ledger.') })
    .array()
    .max(200)
    .default([])
    .describe('Environment variables.'),
  user: spec.user.default('').describe("User (and group) inside the container; empty: the image's own."),
  volumes: spec.volumes.default([]).describe('Paths of anonymous volumes inside the container.'),
  privileged: spec.privileged.default(false).describe('Refused by other clusters unless they allow it.'),
  hostNamespaces: spec.hostNamespaces.default([]).describe('Refused by other clusters unless they allow it.'),
  binds: spec.binds.default([]).describe('Host paths to mount; refused by other clusters unless they allow it.'),
  capabilities: spec.capabilities.default([]).describe('Added Linux capabilities; refused unless allowed by name.'),
  devices: spec.devices.default([]).describe('Device files; refused unless allowed by name.'),
  gpu: spec.gpu.default(false).describe('Gives the container the GPU.'),
  stopGraceSeconds: spec.stopGraceSeconds.default(10).describe('How long stop waits before it kills, in seconds.'),
});

/** What `blosm service register -f FILE` reads (YAML). Every key that is not needed has a default. */
export const ServiceFile = z
  .strictObject({
    serviceId: Id.describe('The id under which devices ask for it.'),
    applicationType: Line(63).min(1).describe("The kind of application, compared with each cluster's list."),
    image: z
      .strictObject({
        repository: ServiceImage.shape.repository.describe('Repository without the registry, e.g. blosm/counter.'),
        tag: z
          .string()
          .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'a tag, e.g. latest')
          .default('latest')
          .describe('Read once, at registration: the ledger holds the digest that it names then.'),
      })
      .describe('The image, in the private registry or in the engine of the cluster that registers it.'),
    state: ServiceState.default('none').describe('none: nothing is kept between requests; files: files are the state.'),
    tenancy: Tenancy.default('device').describe(
      'device: a container for each device; shared: one for all on a cluster.',
    ),
    need: z
      .strictObject({
        memoryMiB: MebiBytes.default(0).describe('Memory in MiB.'),
        cpuMillis: Millis.default(0).describe('CPU in thousandths of a core.'),
        gpuMillis: Millis.default(0).describe('GPU in thousandths of a GPU.'),
        diskMiB: MebiBytes.default(0).describe('Disk in MiB.'),
      })
      .prefault({})
      .describe('What one instance needs.'),
    platform: z
      .strictObject({
        os: Line(32).min(1).default('linux').describe('As in the OCI image specification.'),
        architecture: Line(32).min(1).default('amd64').describe('E.g. amd64, arm64.'),
        variant: Line(32).default('').describe('E.g. v8; empty where the platform has none.'),
      })
      .prefault({})
      .describe("The image's platform."),
    gpuRuntime: Line(63).default('').describe('The GPU runtime that it needs, e.g. nvidia; empty: none.'),
    l4tRelease: Line(63).default('').describe("NVIDIA Jetson's L4T release that it needs; empty: none."),
    idleSeconds: z
      .int()
      .min(0)
      .max(31_536_000)
      .default(0)
      .describe('An instance that no request has reached for so many seconds is removed; 0: never.'),
    idleDiscardsState: z
      .boolean()
      .default(false)
      .describe('With state files and idleSeconds: an idle instance is removed with all that it keeps. Must be true.'),
    run: RunSection.describe('How its container is run.'),
  })
  .refine((file) => file.tenancy === 'device' || file.state === 'none', {
    path: ['tenancy'],
    message: 'a shared service keeps no state',
  })
  // One port of the host is one container's: the next one's health check would be answered by the first.
  .refine((file) => file.tenancy === 'shared' || !file.run.hostNamespaces.includes('network'), {
    path: ['run', 'hostNamespaces'],
    message: "in the host's network all instances would have one address: only with tenancy: shared",
  })
  .refine((file) => file.state === 'none' || file.idleSeconds === 0 || file.idleDiscardsState, {
    path: ['idleSeconds'],
    message: 'would delete the files of idle instances for good; if that is meant, say idleDiscardsState: true',
  });
export type ServiceFile = z.infer<typeof ServiceFile>;

/** What only the reader of the file needs to be told: the ledger holds what follows from it. */
function withoutConsent(file: ServiceFile): Omit<ServiceFile, 'idleDiscardsState'> {
  const { idleDiscardsState, ...rest } = file;
  return idleDiscardsState || file.state === 'none' ? rest : { ...rest, idleSeconds: 0 };
}

/** Turns what people write (MiB) into what the ledger holds (bytes). */
export function toServiceOrder(file: ServiceFile): ServiceOrder {
  const { run, need, ...rest } = withoutConsent(file);
  return {
    ...rest,
    need: {
      memoryBytes: need.memoryMiB * BYTES_PER_MIB,
      cpuMillis: need.cpuMillis,
      gpuMillis: need.gpuMillis,
      diskBytes: need.diskMiB * BYTES_PER_MIB,
    },
    runSpec: { v: SCHEMA_VERSION, ...run },
  };
}
