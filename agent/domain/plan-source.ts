import type { MigrationFacts, Refusal } from './facts';
import type { LaneView, MigrationView } from './lane-view';
import { currentContainer, factsOf, hasForgotten, nodeName } from './lane-view';
import { activeNodes } from './lease';
import { oneLine } from './one-line';
import { isNearer, rankDestinations, type Candidate } from './placement';
import { QuorumTracker, type QuorumVerdict } from './quorum';
import type { Plan } from './steps';
import { act, wait } from './steps';
import { finalTrouble } from './trouble';

/** So often a picked node may fail to say how far it is: with the pauses between about two minutes. */
const WATCH_ATTEMPTS = 10;
/** With an offer in hand a nearer node that has not evaluated is waited for no longer than this part of the decision. */
const NEARER_SHARE = 1 / 4;
/** Stages of an abort after which the picked node is not the first choice any more. */
const ENDED_BY_DESTINATION: ReadonlySet<string> = new Set(['send-image', 'destination', 'prepare', 'deadline']);

/** The owner while its migration is PROPOSED: everything up to HandOver can be rolled back. */
export function planSource(view: LaneView, migration: MigrationView): Plan {
  const { migrationId, deadlineMs } = migration.record;
  const facts = factsOf(view, migrationId);
  const abort = (stage: string, reason: string): Plan =>
    act({ name: 'abort', migrationId, stage: oneLine(stage, 63), reason: oneLine(reason, 500) });
  if (facts.failure !== null) return abort(facts.failure.stage, facts.failure.reason);
  if (view.nowMs >= deadlineMs) return abort('deadline', 'the deadline passed before the hand-over');
  const failed = finalTrouble(view, 'drain', 'stop', 'commit', 'push', 'send-image', 'hand-over');
  if (failed !== undefined) return abort(failed.step, failed.message);
  if (hasForgotten(view, migration)) {
    return abort('journal', 'the journal has lost what was done; the service goes on where it was');
  }
  if (!facts.drainBegun) {
    const serving = planServing(view, migrationId);
    if (serving !== undefined) return serving;
  }
  if (facts.pickedNodeId === null) return planDecision(view, migration, facts, abort);
  return planTransfer(view, migration, facts, facts.pickedNodeId, abort);
}

/** Until it is drained the container goes on serving, also after the agent or the container was started anew. */
function planServing(view: LaneView, migrationId: string): Plan | undefined {
  const container = currentContainer(view);
  if (container === undefined || finalTrouble(view, 'start', 'warm') !== undefined) return undefined;
  const { containerId } = container;
  if (container.state !== 'running') return act({ name: 'start', migrationId, containerId });
  return view.healthy.has(containerId) ? undefined : act({ name: 'warm', migrationId, containerId });
}

type Abort = (stage: string, reason: string) => Plan;

/** Algorithm 1's wait for 90 %, with a deadline; then the choice of the destination. */
function planDecision(view: LaneView, migration: MigrationView, facts: MigrationFacts, abort: Abort): Plan {
  const { record } = migration;
  const decisionDeadlineMs = Math.min(record.proposedAtMs + view.settings.decisionMs, record.deadlineMs);
  const quorum = quorumOf(view, migration).judge({
    nodeIds: activeNodes(view.nodes).map((node) => node.nodeId),
    nowMs: view.nowMs,
    deadlineMs: decisionDeadlineMs,
  });
  if (quorum.kind !== 'confirmed') {
    const reason = shortfall(view, quorum);
    return quorum.kind === 'pending' ? wait(reason, decisionDeadlineMs) : abort('confirm', reason);
  }
  const candidates = rankDestinations({
    nodes: view.nodes,
    sourceNodeId: view.me,
    evaluations: migration.evaluations,
    position: view.position,
    requestedDestination: record.requestedDestination,
    nowMs: view.nowMs,
  });
  return planPick(view, migration, facts, candidates, decisionDeadlineMs, abort);
}

function quorumOf(view: LaneView, migration: MigrationView): QuorumTracker {
  const tracker = new QuorumTracker(view.settings.confirmationSource, view.me);
  for (const { nodeId } of migration.confirmations) tracker.addRecord(nodeId);
  for (const sighting of migration.commits) tracker.addCommit(sighting);
  return tracker;
}

/** Who has not confirmed, by name, and with what they say instead. */
function shortfall(view: LaneView, quorum: Exclude<QuorumVerdict, { kind: 'confirmed' }>): string {
  if (quorum.kind === 'rejected') {
    const { peer, validationCode } = quorum.by;
    return `${peer} found the proposal invalid: ${validationCode}`;
  }
  const disputes = new Map(quorum.disputes.map(({ nodeId, validationCode }) => [nodeId, ` (says ${validationCode})`]));
  const missing = quorum.missing.map((nodeId) => `${nodeName(view, nodeId)}${disputes.get(nodeId) ?? ''}`).join(', ');
  return `${quorum.confirmed} of ${quorum.total} nodes confirmed; missing: ${missing}`;
}

function planPick(
  view: LaneView,
  migration: MigrationView,
  facts: MigrationFacts,
  candidates: readonly Candidate[],
  decisionDeadlineMs: number,
  abort: Abort,
): Plan {
  const { migrationId, proposedAtMs } = migration.record;
  const able = candidates.filter((c) => c.eligible && refusalOf(facts, c) === undefined);
  const failedBefore = nodesThatFailed(view, migrationId);
  const best = able.find((c) => !failedBefore.has(c.nodeId)) ?? able[0];
  const untilMs = best === undefined ? decisionDeadlineMs : proposedAtMs + view.settings.decisionMs * NEARER_SHARE;
  const why = candidates.map((c) => `${c.name}: ${describeRefusal(c, facts)}`).join('; ');
  const isAwaited = view.nowMs < untilMs && hasAwaited(view, migration, facts, candidates, best);
  if (isAwaited) return wait(`waiting for evaluations: ${why}`, untilMs);
  if (best !== undefined) return act({ name: 'pick', migrationId, nodeId: best.nodeId });
  return abort('evaluate', `no destination: ${why}`);
}

/** Where an earlier migration of the instance came to nothing: picked again only when nobody else can take it. */
function nodesThatFailed({ facts }: LaneView, migrationId: string): ReadonlySet<string> {
  const failed = facts.migrations.filter(
    ({ failure, ...earlier }) => earlier.migrationId !== migrationId && ENDED_BY_DESTINATION.has(failure?.stage ?? ''),
  );
  return new Set(failed.flatMap(({ pickedNodeId }) => (pickedNodeId === null ? [] : [pickedNodeId])));
}

/**
 * Whether an evaluation that is still to come can change the choice. Confirmation records come with evaluations, so
 * that with 90 % of them the choice is made; commits come before any evaluation, and of those the ones matter that are
 * nearer than the best so far. Of nodes out of reach or suspended none does.
 */
function hasAwaited(
  { settings }: LaneView,
  { evaluations }: MigrationView,
  facts: MigrationFacts,
  candidates: readonly Candidate[],
  best: Candidate | undefined,
): boolean {
  const silent = candidates.filter((c) => c.inReach && !evaluations.some((e) => e.nodeId === c.nodeId));
  if (settings.confirmationSource === 'records') return best === undefined && silent.length > 0;
  return silent.some((c) => refusalOf(facts, c) === undefined && (best === undefined || isNearer(c, best)));
}

const refusalOf = ({ refusals }: MigrationFacts, { nodeId }: Candidate): Refusal | undefined =>
  refusals.find((refusal) => refusal.nodeId === nodeId);

function describeRefusal(candidate: Candidate, facts: MigrationFacts): string {
  const refused = refusalOf(facts, candidate);
  if (refused !== undefined) return `refused when it was picked${refused.reason === '' ? '' : ` (${refused.reason})`}`;
  if (candidate.eligible) return 'would do';
  return candidate.reasons.join(', ');
}

/**
 * A shared container belongs to the other instances too, and keeps nothing: it is not stopped, and what the picked node
 * runs is the service's own image. So there is no outage.
 */
function planShared(
  view: LaneView,
  migration: MigrationView,
  nodeId: string,
  configDigest: string,
  abort: Abort,
): Plan {
  const { migrationId } = migration.record;
  if (!factsOf(view, migrationId).imageSent) return act({ name: 'send-image', migrationId, nodeId });
  return planHandOver(view, migration, nodeId, configDigest, abort);
}

/** Fig. 9a: stop, commit, push; then the picked node pulls and starts, and prepares on the ledger. */
function planTransfer(
  view: LaneView,
  migration: MigrationView,
  facts: MigrationFacts,
  nodeId: string,
  abort: Abort,
): Plan {
  const { service } = view;
  if (service?.tenancy === 'shared') return planShared(view, migration, nodeId, service.image.configDigest, abort);
  const { migrationId } = migration.record;
  const container = currentContainer(view);
  if (!facts.drainBegun) return act({ name: 'drain', migrationId });
  if (facts.committed === null) {
    if (container === undefined) return abort('commit', 'the container is gone');
    const { containerId } = container;
    return act({ name: container.state === 'running' ? 'stop' : 'commit', migrationId, containerId });
  }
  if (facts.pushed === null) return act({ name: 'push', migrationId, ...facts.committed });
  if (!facts.imageSent) return act({ name: 'send-image', migrationId, nodeId });
  return planHandOver(view, migration, nodeId, facts.committed.configDigest, abort);
}

/** The picked node has been told all; what is left is its word on the ledger. */
function planHandOver(
  view: LaneView,
  { record, prepares }: MigrationView,
  nodeId: string,
  configDigest: string,
  abort: Abort,
): Plan {
  const { migrationId, deadlineMs } = record;
  const prepared = prepares.find((p) => p.nodeId === nodeId);
  if (prepared === undefined) {
    // Nobody serves meanwhile: a node that stays away is not waited for until the deadline.
    const { trouble } = view;
    if (trouble?.step === 'watch' && trouble.attempts >= WATCH_ATTEMPTS) {
      return abort('destination', `${nodeName(view, nodeId)} does not answer: ${trouble.message}`);
    }
    return act({ name: 'watch', migrationId, nodeId, untilMs: deadlineMs });
  }
  if (prepared.configDigest !== configDigest) {
    const reason = `${nodeName(view, nodeId)} prepared ${prepared.configDigest}, expected ${configDigest}`;
    return abort('prepare', reason);
  }
  return act({ name: 'hand-over', migrationId, nodeId, configDigest });
}
