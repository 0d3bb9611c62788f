import { readJetsonLoads } from './jetson';
import type { Machine } from './machine';
import { readNvidiaSmi } from './nvidia-smi';

/** GPUs in thousandths: 1000 for each, less what they are busy with. */
export interface GpuReading {
  readonly source: 'nvidia-smi' | 'jetson-sysfs' | 'declared' | 'none';
  readonly totalMillis: number;
  readonly freeMillis: number;
}

const MILLIS = 1000;

/**
 * Jetson first: newer ones have an nvidia-smi too, which tells no utilisation there. What is declared counts only
 * where nothing can be measured.
 */
export async function readGpu(machine: Machine, declaredMillis: number, signal?: AbortSignal): Promise<GpuReading> {
  const jetson = await readJetsonLoads(machine);
  if (jetson.length > 0) return reading('jetson-sysfs', jetson);
  const cards = await readNvidiaSmi(machine, signal);
  if (cards.length > 0) return reading('nvidia-smi', cards);
  if (declaredMillis > 0) return { source: 'declared', totalMillis: declaredMillis, freeMillis: declaredMillis };
  return { source: 'none', totalMillis: 0, freeMillis: 0 };
}

function reading(source: GpuReading['source'], busyMillis: readonly number[]): GpuReading {
  const totalMillis = busyMillis.length * MILLIS;
  const busy = busyMillis.reduce((sum, one) => sum + Math.min(Math.max(one, 0), MILLIS), 0);
  return { source, totalMillis, freeMillis: totalMillis - busy };
}
