import type { MigrationRecord } from '../../chaincode/src/model';
import type { MigrationFacts } from '../domain/facts';
import type { CommitSighting } from '../domain/quorum';
import type { AgentContext } from './context';

/** A Propose that is waited for. */
interface Awaited {
  readonly migrationId: string;
  readonly transactionId: string;
}

const NONE: readonly CommitSighting[] = [];

/** Which peers have committed the Propose of an instance's migration, and which lane waits to hear of it. */
export class ProposalCommits {
  /** By instance; at most one each. */
  private readonly awaited = new Map<string, Awaited>();

  constructor(private readonly context: AgentContext) {}

  /** Empty where it does not matter: records count, it is another's migration, or the choice has been made. */
  async commitsOf(record: MigrationRecord, facts: MigrationFacts): Promise<readonly CommitSighting[]> {
    const { ledger, settings } = this.context;
    const isDeciding = record.state === 'PROPOSED' && record.sourceNodeId === ledger.nodeId;
    if (settings.confirmationSource === 'records' || !isDeciding || facts.pickedNodeId !== null) {
      this.forget(record.instanceId);
      return NONE;
    }
    const transactionId = await this.proposalOf(record, facts);
    if (transactionId === undefined) return NONE;
    // Before it is asked: news that come meanwhile wake the lane.
    this.awaited.set(record.instanceId, { migrationId: record.migrationId, transactionId });
    return ledger.commits(transactionId);
  }

  forget(instanceId: string): void {
    this.awaited.delete(instanceId);
  }

  /** Wakes the lane that waits for a transaction as soon as more is known of it. */
  follow(wake: (instanceId: string) => void, signal: AbortSignal): void {
    this.context.ledger.watchCommits((transactionId) => {
      for (const [instanceId, awaited] of this.awaited) if (awaited.transactionId === transactionId) wake(instanceId);
    }, signal);
  }

  /** From the journal, or, where this agent did not see the end of its submit, from the ledger's history. */
  private async proposalOf(record: MigrationRecord, facts: MigrationFacts): Promise<string | undefined> {
    const { instanceId, migrationId } = record;
    if (facts.proposeTransactionId !== null) return facts.proposeTransactionId;
    const known = this.awaited.get(instanceId);
    if (known?.migrationId === migrationId) return known.transactionId;
    const history = await this.context.ledger.query('MetadataContract:History', [migrationId]);
    return history.at(-1)?.transactionId;
  }
}
