import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { MigrationOutcomeView } from '../../ports/control';
import type { Agent } from '../agent';
import { patienceOf, pollUntil, proposed } from './proposed';
import { migrationView } from './views';
import { fate, whereaboutsOf, type Whereabouts } from './whereabouts';

const STAGE = 'retry';

/**
 * Starts an aborted migration anew, at once, whatever the agent's own pauses are; the destination that was asked for is
 * asked for again.
 * @throws BlosmError BLOSM_E_WRONG_STATE or BLOSM_E_NOT_OWNER with where the service runs, and those of a migration
 */
export async function retryMigration(
  agent: Agent,
  migrationId: string,
  options: CallOptions,
): Promise<MigrationOutcomeView> {
  const patience = patienceOf(agent, options);
  const found = await whereaboutsOf(agent, migrationId, options);
  requireRetriable(agent, found);
  const { record, nodes, runsAt } = found;
  const { instanceId, strategy, requestedDestination, serviceId } = record;
  const lane = agent.lanes.ensure(instanceId);
  // What the aborted one has left is cleaned up first.
  await pollUntil(agent, patience, () => Promise.resolve(agent.mover.isMoving(lane) ? undefined : true));
  const requested = nodes.find((node) => node.nodeId === requestedDestination) ?? null;
  const nextId = await agent.mover.start(lane, 'operator', strategy, requested);
  const next = await proposed(agent, instanceId, nextId, options, patience);
  return {
    ...migrationView(next, nodes, null),
    runsAt,
    says: `${nextId} takes the place of ${migrationId}: until its hand-over ${serviceId} runs at ${runsAt}`,
  };
}

function requireRetriable(agent: Agent, found: Whereabouts): void {
  const { record, instance, nodes, runsAt } = found;
  const refuse = (code: 'BLOSM_E_WRONG_STATE' | 'BLOSM_E_NOT_OWNER', why: string): never => {
    throw new BlosmError(code, `${fate(found)}; ${why}`, { stage: STAGE });
  };
  if (record.state !== 'ABORTED') refuse('BLOSM_E_WRONG_STATE', 'only an aborted one can be tried again');
  if (instance?.ownerNodeId !== agent.context.ledger.nodeId) refuse('BLOSM_E_NOT_OWNER', `ask the agent of ${runsAt}`);
  const { requestedDestination } = record;
  if (requestedDestination !== null && !nodes.some((node) => node.nodeId === requestedDestination)) {
    refuse('BLOSM_E_WRONG_STATE', `${requestedDestination}, which was asked for, has left`);
  }
}
