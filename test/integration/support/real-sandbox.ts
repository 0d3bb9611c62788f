import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { infrastructureDown, infrastructureUp, missingPrerequisites, type SandboxPlan } from '../../../network/sandbox';
import { Topology } from '../../../network/topology';

/** Why no sandbox can be brought up here; undefined: it can. */
export function sandboxUnavailable(): string | undefined {
  const missing = missingPrerequisites(process.env['PATH'] ?? '', process.getuid?.());
  return missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`;
}

/** `describe`, or `describe.skip` with the reason in the title. */
export function describeHere(title: string, why: string | undefined, tests: () => void): void {
  if (why === undefined) describe(title, tests);
  else describe.skip(`${title} (skipped: ${why})`, tests);
}

export function topologyOf(names: readonly string[], rateMbit = 40): Topology {
  return Topology.parse({
    link: { rateMbit },
    clusters: names.map((name, position) => ({
      name,
      mspId: `${name}MSP`,
      site: { latitude: 0, longitude: position },
      coverageRadiusMeters: 400,
      capacity: { memoryMiB: 512, cpuMillis: 1000, diskMiB: 1024 },
      applicationTypes: ['counter'],
    })),
    endorsementFaults: 0,
  });
}

/** A sandbox with a state folder of its own; `remove` leaves nothing, whatever has happened to it. */
export async function bringUp(names: readonly string[]): Promise<{ plan: SandboxPlan; remove: () => Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'blosm-sandbox-'));
  const remove = async () => {
    await infrastructureDown({ stateDir, purge: true });
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    return { plan: await infrastructureUp({ topology: topologyOf(names), stateDir }), remove };
  } catch (failure) {
    await remove();
    throw failure;
  }
}
