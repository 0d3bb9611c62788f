import type { MigrationFacts } from './facts';
import type { LaneView, MigrationView } from './lane-view';
import { currentContainer, factsOf, nodeName } from './lane-view';
import { activeNodes } from './lease';
import { oneLine } from './one-line';
import { rankDestinations, type Candidate } from './placement';
import { judgeQuorum } from './quorum';
import type { Plan } from './steps';
import { act, wait } from './steps';
import { finalTrouble } from './trouble';

/** So often a picked node may fail to say how far it is: with the pauses between about two minutes. */
const WATCH_ATTEMPTS = 10;

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
  const quorum = judgeQuorum({
    nodeIds: activeNodes(view.nodes).map((node) => node.nodeId),
    confirmedBy: migration.confirmations.map((c) => c.nodeId),
    nowMs: view.nowMs,
    deadlineMs: decisionDeadlineMs,
  });
  if (quorum.kind !== 'confirmed') {
    const missing = quorum.missing.map((nodeId) => nodeName(view, nodeId)).join(', ');
    const reason = `${quorum.confirmed} of ${quorum.total} nodes confirmed; missing: ${missing}`;
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

function planPick(
  view: LaneView,
  { record, evaluations }: MigrationView,
  facts: MigrationFacts,
  candidates: readonly Candidate[],
  decisionDeadlineMs: number,
  abort: Abort,
): Plan {
  const best = candidates.find((c) => c.eligible && !facts.refusedBy.includes(c.nodeId));
  if (best !== undefined) return act({ name: 'pick', migrationId: record.migrationId, nodeId: best.nodeId });
  const hasAll = candidates.every((c) => evaluations.some((e) => e.nodeId === c.nodeId));
  const why = candidates.map((c) => `${c.name}: ${refusal(c, facts)}`).join('; ');
  if (hasAll || view.nowMs >= decisionDeadlineMs) return abort('evaluate', `no destination: ${why}`);
  return wait(`waiting for evaluations: ${why}`, decisionDeadlineMs);
}

function refusal(candidate: Candidate, facts: MigrationFacts): string {
  if (facts.refusedBy.includes(candidate.nodeId)) return 'refused when it was picked';
  return candidate.reasons.join(', ');
}

/** Fig. 9a: stop, commit, push; then the picked node pulls and starts, and prepares on the ledger. */
function planTransfer(
  view: LaneView,
  migration: MigrationView,
  facts: MigrationFacts,
  nodeId: string,
  abort: Abort,
): Plan {
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
