import type { Machine } from './machine';

const QUERY = ['--query-gpu=utilization.gpu', '--format=csv,noheader,nounits'];

/** How busy each GPU is in thousandths; a card that does not tell (MIG, some embedded ones) counts as idle. */
export async function readNvidiaSmi(machine: Machine, signal?: AbortSignal): Promise<readonly number[]> {
  const text = await machine.run('nvidia-smi', QUERY, signal);
  const lines = (text ?? '').split('\n').map((line) => line.trim());
  return lines.filter((line) => /^(?:\d+|\[.*\])$/.test(line)).map((line) => (Number.parseInt(line, 10) || 0) * 10);
}
