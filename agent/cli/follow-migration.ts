import { BlosmError } from '../../chaincode/src/model/errors';
import { MigrationDetailView, type MigrationView } from '../ports/control';
import type { ControlClient } from './api-client';
import type { ExitCode } from './exit-codes';
import type { Result } from './output/print';
import { migrationDetailText, migrationDetailWide, migrationLine } from './views/migrations';

/** One migration as all commands show it. */
export const migrationResult = (view: MigrationDetailView, nowMs: number): Result => ({
  kind: 'Migration',
  fields: view,
  text: () => migrationDetailText(view),
  wide: () => migrationDetailWide(view),
  brief: () => migrationLine(view, nowMs),
});

/** @throws BlosmError BLOSM_E_NOT_FOUND, and the codes of the request */
export const getMigration = (client: ControlClient, migrationId: string): Promise<MigrationDetailView> =>
  client.get(`/v1/migrations/${encodeURIComponent(migrationId)}`, MigrationDetailView);

/** The exit code of a migration that has ended; undefined: it has not. */
export function exitCodeOfEnd({ state }: Pick<MigrationView, 'state'>): ExitCode | undefined {
  if (state === 'PROPOSED' || state === 'HANDED_OVER') return undefined;
  if (state === 'COMPLETED') return 0;
  return state === 'ABORTED' ? 7 : 8;
}

/** A deadline for waiting; the migration does not care. */
export function waitDeadline(migrationId: string, waitMs: number): () => void {
  const deadlineMs = performance.now() + waitMs;
  return () => {
    if (performance.now() <= deadlineMs) return;
    throw new BlosmError('BLOSM_E_TIMEOUT', `${migrationId} has not ended after ${waitMs} ms`, {
      stage: 'wait',
      hint: `It goes on; look with: blosm migration get ${migrationId}`,
    });
  };
}
