import type { InstanceRecord, MigrationRecord, NodeRecord } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';
import { nameIn } from './views';

/** A migration, its instance, and where the service runs. */
export interface Whereabouts {
  readonly record: MigrationRecord;
  /** Null: it was removed since. */
  readonly instance: InstanceRecord | null;
  readonly nodes: readonly NodeRecord[];
  /** Short name of the cluster that serves the instance; empty: it was removed. */
  readonly runsAt: string;
}

/** @throws BlosmError BLOSM_E_NOT_FOUND, and those of the ledger */
export async function whereaboutsOf(agent: Agent, migrationId: string, options: CallOptions): Promise<Whereabouts> {
  const { ledger } = agent.context;
  const record = await ledger.query('MigrationContract:Get', [migrationId], options);
  const [instance, nodes] = await Promise.all([
    orNull(ledger.query('InstanceContract:Get', [record.instanceId], options)),
    agent.cache.nodes(),
  ]);
  return { record, instance, nodes, runsAt: instance === null ? '' : nameIn(nodes, instance.ownerNodeId) };
}

/** E.g. `mig-1 has been handed over: counter runs at edge2`. */
export function fate({ record, nodes, runsAt }: Whereabouts): string {
  const { migrationId, serviceId, state } = record;
  const runs = runsAt === '' ? 'its instance has been removed since' : `${serviceId} runs at ${runsAt}`;
  switch (state) {
    case 'PROPOSED':
      return `${migrationId} is under way: until its hand-over ${serviceId} belongs to ${nameIn(nodes, record.sourceNodeId)}`;
    case 'HANDED_OVER':
      return `${migrationId} has been handed over: ${runs}`;
    case 'COMPLETED':
      return `${migrationId} has been completed: ${runs}`;
    case 'SUPERSEDED':
      return `${migrationId} was overtaken by another owner: ${runs}`;
    case 'ABORTED':
      return `${migrationId} was aborted (${whyAborted(record)}): ${runs}`;
  }
}

const whyAborted = ({ abort }: MigrationRecord): string => (abort === null ? '' : `${abort.stage}: ${abort.reason}`);
