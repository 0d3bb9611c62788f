import type { MigrationRecord, NodeRecord } from '../../../chaincode/src/model';
import { outageMs, phasesOf, type Phase } from '../../domain/timeline';
import type { CallOptions } from '../../ports/call';
import type { TimelineView } from '../../ports/control';
import type { StepName } from '../../domain/steps';
import type { Agent } from '../agent';
import { nameIn } from './views';

/** What both sides did for a migration, from this node's journal and the other node's answer, and the ledger's records. */
export async function timelineOf(agent: Agent, migrationId: string, options: CallOptions): Promise<TimelineView> {
  const { ledger } = agent.context;
  const [record, nodes] = await Promise.all([
    ledger.query('MigrationContract:Get', [migrationId], options),
    agent.cache.nodes(),
  ]);
  const own = phasesOf(agent.journal.entriesOf(migrationId), migrationId);
  const others = await Promise.all(
    involved(record)
      .filter((nodeId) => nodeId !== ledger.nodeId)
      .map(async (nodeId) => ({ nodeId, phases: await phasesAt(agent, nodeId, migrationId, options) })),
  );
  const bySide = [{ nodeId: ledger.nodeId, phases: own }, ...others];
  const sideOf = (nodeId: string | null): readonly Phase[] => bySide.find((s) => s.nodeId === nodeId)?.phases ?? [];
  const transactionOf = (nodeId: string | null, step: StepName): { transactionId?: string } => {
    const written = sideOf(nodeId).findLast((phase) => phase.name === step && phase.transactionId !== '');
    return written === undefined ? {} : { transactionId: written.transactionId };
  };
  return {
    migrationId,
    phases: bySide
      .flatMap(({ nodeId, phases }) => phases.map((phase) => ({ ...phase, node: nameIn(nodes, nodeId) })))
      .sort((a, b) => a.startMs - b.startMs),
    records: await recordsOf(agent, record, nodes, transactionOf, options),
    outageMs: outageMs(sideOf(record.sourceNodeId), sideOf(record.destinationNodeId)),
  };
}

const involved = (record: MigrationRecord): string[] =>
  [record.sourceNodeId, record.destinationNodeId].filter((nodeId) => nodeId !== null);

async function phasesAt(agent: Agent, nodeId: string, migrationId: string, options: CallOptions): Promise<Phase[]> {
  try {
    const { phases } = await agent.context.peers.progress(nodeId, migrationId, options);
    return phases.map((phase) => ({ ...phase, detail: '' }));
  } catch (error) {
    agent.context.log.warn({ nodeId, migrationId, error: String(error) }, 'the other side gives no timeline');
    return [];
  }
}

async function recordsOf(
  agent: Agent,
  record: MigrationRecord,
  nodes: readonly NodeRecord[],
  transactionOf: (nodeId: string | null, step: StepName) => { transactionId?: string },
  options: CallOptions,
): Promise<TimelineView['records']> {
  const { ledger } = agent.context;
  const { migrationId } = record;
  const [evaluations, prepares] = await Promise.all([
    ledger.query('EvaluationContract:List', [migrationId], options),
    ledger.query('MigrationContract:Prepares', [migrationId], options),
  ]);
  const source = nameIn(nodes, record.sourceNodeId);
  const destination = nameIn(nodes, record.destinationNodeId ?? '');
  const dated = [
    {
      what: 'proposed, metadata shared',
      node: source,
      atMs: record.proposedAtMs,
      ...transactionOf(record.sourceNodeId, 'propose'),
    },
    ...evaluations.map((e) => ({
      what: `confirmed, evaluated ${String(e.verdict)}`,
      node: nameIn(nodes, e.nodeId),
      atMs: e.evaluatedAtMs,
    })),
    ...prepares.map((p) => ({
      what: 'prepared',
      node: nameIn(nodes, p.nodeId),
      atMs: p.preparedAtMs,
      ...transactionOf(p.nodeId, 'prepare'),
    })),
    {
      what: 'handed over',
      node: source,
      atMs: record.handedOverAtMs,
      ...transactionOf(record.sourceNodeId, 'hand-over'),
    },
    {
      what: 'completed',
      node: destination,
      atMs: record.completedAtMs,
      ...transactionOf(record.destinationNodeId, 'complete'),
    },
    {
      what: `aborted (${record.abort?.stage ?? ''})`,
      node: source,
      atMs: record.abort?.atMs ?? null,
      ...transactionOf(record.sourceNodeId, 'abort'),
    },
  ];
  return dated.flatMap((r) => (r.atMs === null ? [] : [{ ...r, atMs: r.atMs }])).sort((a, b) => a.atMs - b.atMs);
}
