import { BlosmError, hasCode } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { MigrationOutcomeView } from '../../ports/control';
import type { Agent } from '../agent';
import { patienceOf, pollUntil, type Patience } from './proposed';
import { migrationView, nameIn } from './views';
import { fate, whereaboutsOf, type Whereabouts } from './whereabouts';

const STAGE = 'cancel';
const REASON = 'an operator has cancelled it';

/**
 * Ends a migration while it can be taken back. The intent to abort is journalled first; the lane does the rest, so that
 * a crash changes nothing. A hand-over that is under way may come first: the ledger says which of the two it was.
 * @throws BlosmError BLOSM_E_NOT_OWNER, BLOSM_E_WRONG_STATE with where the service runs, BLOSM_E_TIMEOUT
 */
export async function cancelMigration(
  agent: Agent,
  migrationId: string,
  options: CallOptions,
): Promise<MigrationOutcomeView> {
  const patience = patienceOf(agent, options);
  await cancelIntent(agent, migrationId, options);
  const before = await whereaboutsOf(agent, migrationId, options);
  const { record, nodes } = before;
  if (record.state !== 'PROPOSED') throw tooLate(before);
  if (record.sourceNodeId !== agent.context.ledger.nodeId) {
    const source = nameIn(nodes, record.sourceNodeId);
    const what = `only ${source}, the source of ${migrationId}, can cancel it; until then it goes on`;
    throw new BlosmError('BLOSM_E_NOT_OWNER', what, { stage: STAGE });
  }
  await abandon(agent, record.instanceId, migrationId);
  const ended = await pollUntil(agent, patience, async () => {
    const now = await whereaboutsOf(agent, migrationId, options);
    return now.record.state === 'PROPOSED' ? undefined : now;
  });
  if (ended === undefined) {
    const what = `${migrationId} is being cancelled; the ledger has not said yet whether its hand-over came first`;
    throw new BlosmError('BLOSM_E_TIMEOUT', what, { stage: STAGE });
  }
  if (ended.record.state !== 'ABORTED') throw tooLate(ended);
  return outcome(agent, ended, patience);
}

/**
 * An order that has not come to the ledger yet, because that cannot be reached: it is not proposed later either.
 * @throws BlosmError BLOSM_E_WRONG_STATE, which says so
 */
async function cancelIntent(agent: Agent, migrationId: string, options: CallOptions): Promise<void> {
  const { ledger } = agent.context;
  const instanceId = agent.journal.entriesOf(migrationId)[0]?.instanceId ?? '';
  const facts = agent.journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
  if (facts?.intent == null || facts.closed) return;
  const isProposed = await ledger.query('MigrationContract:Get', [migrationId], options).then(
    () => true,
    (error: unknown) => !hasCode(error, 'BLOSM_E_NOT_FOUND'),
  );
  if (isProposed) return;
  await abandon(agent, instanceId, migrationId);
  const here = agent.context.settings.profile.name;
  const what = `${migrationId} had not come to the ledger and will not be proposed: ${instanceId} stays at ${here}`;
  throw new BlosmError('BLOSM_E_WRONG_STATE', what, { stage: STAGE, hint: 'There is nothing else to do.' });
}

/** @throws BlosmError BLOSM_E_JOURNAL */
async function abandon(agent: Agent, instanceId: string, migrationId: string): Promise<void> {
  const lane = agent.lanes.ensure(instanceId);
  const known = agent.journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
  if (known?.failure == null) {
    await agent.journal.appendFact(instanceId, migrationId, 'failure', { stage: 'operator', reason: REASON });
  }
  lane.interrupt();
}

async function outcome(agent: Agent, ended: Whereabouts, patience: Patience): Promise<MigrationOutcomeView> {
  const { record, nodes, runsAt } = ended;
  const serving = await pollUntil(agent, patience, () =>
    Promise.resolve(agent.lanes.get(record.instanceId)?.mode?.kind === 'serve' ? true : undefined),
  );
  const now = serving === true ? 'and is served there' : 'where its copy is being started again';
  return {
    ...migrationView(record, nodes, null),
    runsAt,
    says: `${record.migrationId} is cancelled: ${record.serviceId} stays at ${runsAt} ${now}`,
  };
}

function tooLate(now: Whereabouts): BlosmError {
  const { record, runsAt } = now;
  const back = `to move it: blosm migrate ${record.instanceId} at ${runsAt}`;
  const hint = record.state === 'ABORTED' || runsAt === '' ? 'There is nothing left to cancel.' : back;
  return new BlosmError('BLOSM_E_WRONG_STATE', `${fate(now)}; it cannot be cancelled any more`, { stage: STAGE, hint });
}
