import { BlosmError } from '../../chaincode/src/model';
import { isHealthy } from './nodes/operations';
import type { FabricState, Unfinished } from './state';

/**
 * A change needs the orderer and every organisation that stays: it is not begun with one missing.
 * @param leaving the cluster that need not run
 * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE naming what does not run
 */
export async function requireRunning({ placement }: FabricState, stage: string, leaving?: string): Promise<void> {
  const hosts = [placement.orderer, ...placement.clusters.filter(({ name }) => name !== leaving)];
  const healthy = await Promise.all(hosts.map(isHealthy));
  const ill = hosts.filter((_, index) => healthy[index] !== true).map(({ name }) => name);
  if (ill.length === 0) return;
  throw new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `not running or not healthy: ${ill.join(', ')}`, {
    stage,
    hint: 'Run next: blosm network up',
  });
}

/** The command that ends what has begun. */
export function commandToFinish(unfinished: Unfinished): string {
  switch (unfinished.kind) {
    case 'upgrade':
      return 'blosm network upgrade';
    case 'add':
      return `blosm network add-org ${unfinished.member.name} --msp-id ${unfinished.member.mspId}`;
    case 'remove':
      return `blosm network remove-org ${unfinished.member.name}`;
  }
}

/**
 * One change at a time.
 * @throws BlosmError BLOSM_E_CONFLICT when one of another kind has begun and not ended
 */
export function requireNothingElse({ unfinished }: FabricState, kind: Unfinished['kind']): void {
  if (unfinished === null || unfinished.kind === kind) return;
  const command = commandToFinish(unfinished);
  throw new BlosmError('BLOSM_E_CONFLICT', `an earlier change was cut off: ${command}`, {
    stage: 'network',
    hint: `Run next: ${command} (or blosm network up: both complete it)`,
  });
}
