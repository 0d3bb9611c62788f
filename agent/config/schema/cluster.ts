import { z } from 'zod';
import { Line, Millis, NodeId } from '../../../chaincode/src/model';
import { MebiBytes } from './primitives';

export const Cluster = z.strictObject({
  name: Line(63)
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .describe('Short name of this cluster, e.g. edge1.'),
  mspId: NodeId.describe("The MSP id of the cluster's organisation: its node id on the ledger."),
  sourceIp: z.string().min(1).max(253).describe("Address under which other clusters know it (the paper's source_ip)."),
  site: z
    .strictObject({
      latitude: z.number().min(-90).max(90).describe('Degrees, WGS 84.'),
      longitude: z.number().min(-180).max(180).describe('Degrees, WGS 84.'),
    })
    .describe('Where the cluster stands.'),
  coverageRadiusMeters: z.int().min(1).max(1_000_000).describe("The paper's Threshold, in metres."),
  applicationTypes: z
    .array(Line(63).min(1))
    .max(100)
    .describe('The kinds of application that it can run (Algorithm 2, sys.applications).'),
  capacity: z
    .strictObject({
      memoryMiB: MebiBytes.optional().describe("MiB; without it what the engine's host has."),
      cpuMillis: Millis.optional().describe("Thousandths of a core; without it what the engine's host has."),
      gpuMillis: Millis.optional().describe("Thousandths of a GPU; without it what the engine's host has."),
      diskMiB: MebiBytes.optional().describe("MiB; without it what the engine's host has."),
    })
    .prefault({})
    .describe('What it gives to services.'),
});
