import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';
import { BlosmError } from '../../chaincode/src/model';
import { fabricLayout } from './layout';
import { Placement } from './placement';

const Binaries = z.strictObject({
  binFolder: z.string(),
  /** With core.yaml and orderer.yaml of the same version. */
  configFolder: z.string(),
  version: z.string(),
  /** Where they were found, for people. */
  source: z.string(),
});
export type Binaries = z.output<typeof Binaries>;

/** The chaincode that is committed on the channel. */
const Deployment = z.strictObject({
  sequence: z.int().min(1),
  label: z.string(),
  /** SHA-256 of what the processes run, hexadecimal. */
  contentSha256: z.string(),
});
export type Deployment = z.output<typeof Deployment>;

/** What a network was made of, and how far it has come. Written before anything starts, so that down always works. */
const FabricState = z.strictObject({
  v: z.literal(1),
  /** The state folder that holds it (absolute). */
  folder: z.string(),
  channel: z.string(),
  chaincode: z.string(),
  endorsementFaults: z.int(),
  batchTimeoutMs: z.int(),
  clusters: z.array(z.strictObject({ name: z.string(), mspId: z.string() })),
  placement: Placement,
  binaries: Binaries,
  /** MSP ids of the organisations whose anchor peer the channel knows. */
  anchored: z.array(z.string()),
  deployment: Deployment.nullable(),
});
export type FabricState = z.output<typeof FabricState>;

/**
 * Reads the state of a network.
 * @returns undefined when there is no network in the folder
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the file is there and cannot be read
 */
export function readFabricState(folder: string): FabricState | undefined {
  const path = fabricLayout(folder).stateFile;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return FabricState.parse(JSON.parse(text));
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${path} is not the state of a network`, {
      stage: 'network state',
      cause,
      hint: 'Run next: blosm network reset',
    });
  }
}

/** The state of a network that has to be there. */
export function requireFabricState(folder: string): FabricState {
  const state = readFabricState(folder);
  if (state !== undefined) return state;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no network in ${fabricLayout(folder).folder}`, {
    stage: 'network state',
    hint: 'Run next: blosm network up',
  });
}

export function writeFabricState(state: FabricState): void {
  const path = fabricLayout(state.folder).stateFile;
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomicSync(path, `${JSON.stringify(state, null, 2)}\n`);
}
