import type { MigrationRecord } from '../../../chaincode/src/model';
import { takers } from '../../domain/chances';
import { nextAttempt } from '../../domain/next-attempt';
import type { CallOptions } from '../../ports/call';
import type { MigrationExplanationView } from '../../ports/control';
import type { Agent } from '../agent';
import { migrationView, nameIn } from './views';
import { fate, whereaboutsOf, type Whereabouts } from './whereabouts';

/**
 * Where a migration stands: what this cluster does or waits for and since when, what failed last, what can be done.
 * @throws BlosmError BLOSM_E_NOT_FOUND, and those of the ledger
 */
export async function explainMigration(
  agent: Agent,
  migrationId: string,
  options: CallOptions,
): Promise<MigrationExplanationView> {
  const found = await whereaboutsOf(agent, migrationId, options);
  const { record, nodes, runsAt } = found;
  const turn = turnOf(agent, record);
  return {
    ...migrationView(record, nodes, turn.does),
    runsAt,
    says: fate(found),
    ...turn,
    lastError: lastErrorOf(agent, record),
    next: nextOf(agent, found),
    advice: adviceFor(found, agent.context.ledger.nodeId),
  };
}

type Turn = Pick<MigrationExplanationView, 'does' | 'sinceMs' | 'untilMs'>;

/** What the instance's lane here is at, when that is about this migration. */
function turnOf(agent: Agent, { instanceId, migrationId }: MigrationRecord): Turn {
  const state = agent.lanes.get(instanceId)?.state;
  const plan = state?.plan ?? null;
  if (plan === null || state?.view?.migration?.record.migrationId !== migrationId) {
    return { does: null, sinceMs: null, untilMs: null };
  }
  if (plan.kind === 'wait') return { does: plan.reason, sinceMs: state.sinceMs, untilMs: plan.untilMs };
  return { does: plan.step.name, sinceMs: state.sinceMs, untilMs: null };
}

/** The journal keeps what failed, also of earlier runs and of what went well later. */
function lastErrorOf(agent: Agent, { migrationId }: MigrationRecord): MigrationExplanationView['lastError'] {
  const failed = agent.journal.entriesOf(migrationId).findLast((entry) => entry.kind === 'step-failed');
  if (failed === undefined) return null;
  const { code, message } = failed.detail as { readonly code: string; readonly message: string };
  return { stage: failed.name, code, message, atMs: failed.atMs };
}

/** What the agent does by itself after an aborted one, by the rules of its departures. */
function nextOf(agent: Agent, { record, instance, nodes }: Whereabouts): MigrationExplanationView['next'] {
  const { context, lanes, departures, mover, drainer } = agent;
  const { ledger, clock, settings } = context;
  if (record.state !== 'ABORTED' || instance?.ownerNodeId !== ledger.nodeId) return null;
  const { instanceId, epoch, openMigrationId } = instance;
  const lane = lanes.get(instanceId);
  const coverage = lane?.coverage;
  const able = coverage === undefined ? [] : takers(ledger.nodeId, nodes, coverage.position);
  const { hysteresis, positionMs, backoffMs } = settings;
  return nextAttempt({
    ...{ coverage, hysteresis, positionMs, backoffMs, openMigrationId },
    isHeld: departures.isHeldNow(instanceId),
    isMoving: lane !== undefined && mover.isMoving(lane),
    isDraining: drainer.sinceMs !== null,
    takers: able.map(({ name }) => name),
    attempts: departures.attemptsOf(instanceId, epoch),
    nowMs: clock.nowMs(),
  });
}

function adviceFor({ record, nodes, runsAt }: Whereabouts, me: string): string[] {
  const { migrationId, instanceId, state, sourceNodeId, destinationNodeId } = record;
  const source = nameIn(nodes, sourceNodeId);
  const destination = nameIn(nodes, destinationNodeId ?? '');
  const at = sourceNodeId === me ? '' : ` at ${source}`;
  switch (state) {
    case 'PROPOSED':
      return [`to keep the service at ${source}: blosm migration cancel ${migrationId}${at}`];
    case 'HANDED_OVER':
      return [
        `nothing: ${destination} completes it by itself`,
        `if ${destination} is lost for good: blosm instance recover ${instanceId} --accept-loss${at}, which keeps a copy`,
      ];
    case 'COMPLETED':
    case 'SUPERSEDED':
      return runsAt === '' ? [] : [`to move it again: blosm migrate ${instanceId} at ${runsAt}`];
    case 'ABORTED':
      if (runsAt !== source) return [`it has moved since: blosm instance get ${instanceId}`];
      return [
        `to try again now: blosm migration retry ${migrationId}${at}`,
        `what it asked of whom: blosm migration get ${migrationId}`,
      ];
  }
}
