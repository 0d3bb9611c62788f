import { BlosmContext, query, submit } from '../ledger';
import { MigrationRecord, PrepareRecord, migrationKey, prefixKey } from '../model';
import { BlosmContract, Query, Submit } from './blosm-contract';
import { abort, complete, handOver, prepare, propose } from './migration-steps';

/** Migrations: PROPOSED -> HANDED_OVER -> COMPLETED, ABORTED from PROPOSED, SUPERSEDED by a Claim or Recover. */
export class MigrationContract extends BlosmContract {
  constructor() {
    super('MigrationContract');
  }

  /** Commit 1, by the owner: with the container's metadata, and as its own confirmation. */
  @Submit()
  Propose(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'MigrationContract:Propose', args, propose);
  }

  /** Commit 3, by the node that the owner picked: it runs there and is warm. */
  @Submit()
  Prepare(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'MigrationContract:Prepare', args, prepare);
  }

  /** Commit 4, by the owner: owner and epoch change in one write. */
  @Submit()
  HandOver(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'MigrationContract:HandOver', args, handOver);
  }

  /** By the new owner, once it routes to its copy. */
  @Submit()
  Complete(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'MigrationContract:Complete', args, complete);
  }

  /** By the source, before the hand-over. */
  @Submit()
  Abort(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'MigrationContract:Abort', args, abort);
  }

  @Query()
  Get(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'MigrationContract:Get', args, (state, migrationId) =>
      state.get(migrationKey(migrationId), MigrationRecord),
    );
  }

  /** The Prepare records of a migration. */
  @Query()
  Prepares(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'MigrationContract:Prepares', args, (state, migrationId) =>
      state.list(prefixKey('prepare', migrationId), PrepareRecord),
    );
  }

  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'MigrationContract:List', args, (state, request) =>
      state.page(prefixKey('migration'), MigrationRecord, request),
    );
  }

  /** Every version of the record with the transaction that wrote it, newest first. */
  @Query()
  History(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'MigrationContract:History', args, (state, migrationId) =>
      state.history(migrationKey(migrationId), MigrationRecord),
    );
  }
}
