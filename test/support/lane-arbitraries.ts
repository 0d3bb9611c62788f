import fc from 'fast-check';
import type { ContainerObservation } from '../../agent/domain/container';
import type { MigrationFacts } from '../../agent/domain/facts';
import type { LaneView, MigrationView, Trouble } from '../../agent/domain/lane-view';
import type { StepName } from '../../agent/domain/steps';
import { MigrationState } from '../../chaincode/src/model';
import {
  commitOf,
  confirmationOf,
  containerOf,
  evaluationOf,
  factsWith,
  falseEvaluationOf,
  FINAL_DIGEST,
  IMAGE,
  instanceRecord,
  ME,
  migrationRecord,
  nodeRecord,
  NOW_MS,
  orderOf,
  OTHER,
  prepareOf,
  serviceRecord,
} from './lane-views';
import { CONFIG_DIGEST, digest } from './ledger-samples';
import { RUN_SPEC } from './run-spec';

const nodeIds = [ME, OTHER, 'Edge3MSP'];
const nodeId = fc.constantFrom(...nodeIds, ME, OTHER, OTHER);
/** More often true than not: the later steps need much that has happened. */
const likely = fc.constantFrom(true, true, true, false);
const validationCode = fc.constantFrom('VALID', 'VALID', 'MVCC_READ_CONFLICT', 'DUPLICATE_TXID');
const configDigest = fc.constantFrom(CONFIG_DIGEST, FINAL_DIGEST, digest('d'));
const migrationId = fc.constantFrom('m-1', 'm-1', 'm-1', 'm-2', 'm-3');
const momentMs = fc.constantFrom(NOW_MS - 100_000, NOW_MS - 1000, NOW_MS, NOW_MS + 1, NOW_MS + 60_000);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
/** Texts as errors and other agents bring them. */
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', minLength: 0, maxLength: 700 }));

const STEPS: readonly StepName[] = [
  ...(['propose', 'pick', 'drain', 'stop', 'commit', 'push', 'send-image', 'watch', 'hand-over', 'abort'] as const),
  ...(['pull', 'create', 'start', 'warm', 'give-up', 'prepare', 'complete'] as const),
  ...(['remove-container', 'remove-image', 'retire', 'close'] as const),
];

const trouble: fc.Arbitrary<Trouble> = fc.record({
  step: fc.constantFrom(...STEPS),
  code: fc.constant('BLOSM_E_ENGINE'),
  message: text,
  retryable: fc.boolean(),
  attempts: fc.integer({ min: 1, max: 6 }),
  lastAtMs: momentMs,
});

const container: fc.Arbitrary<ContainerObservation> = fc
  .record({
    number: fc.constantFrom('a', 'b', 'c'),
    migrationId: fc.oneof(fc.constant(''), migrationId),
    state: fc.constantFrom(
      'created' as const,
      'running' as const,
      'paused' as const,
      'exited' as const,
      'dead' as const,
    ),
    configDigest,
    createdAtMs: momentMs,
  })
  .map(({ number, ...changes }) => containerOf({ ...changes, containerId: number.repeat(64) }));

const facts: fc.Arbitrary<MigrationFacts> = fc
  .record({
    migrationId,
    isIntended: likely,
    pickedNodeId: maybe(nodeId),
    refusals: fc.subarray(nodeIds).map((ids) => ids.map((id) => ({ nodeId: id, reason: '' }))),
    drainBegun: likely,
    committed: maybe(configDigest.map((value) => ({ reference: 'r:1', configDigest: value }))),
    isPushed: likely,
    imageSent: likely,
    isOrdered: likely,
    image: maybe(configDigest),
    failure: fc.option(fc.record({ stage: text, reason: text }), { nil: null, freq: 1 }),
    closed: likely.map((isOpen) => !isOpen),
  })
  .map(({ migrationId: id, isIntended, isPushed, isOrdered, image, ...rest }) => ({
    ...factsWith(rest, id),
    intent: isIntended
      ? { migrationId: id, trigger: 'operator' as const, strategy: 'registry' as const, requestedDestination: null }
      : null,
    pushed:
      isPushed && rest.committed !== null
        ? { repository: 'r', manifestDigest: digest('9'), configDigest: rest.committed.configDigest }
        : null,
    order: isOrdered ? orderOf({ migrationId: id }) : null,
    image: image === null ? null : { ...IMAGE, migrationId: id, configDigest: image },
  }));

const migration: fc.Arbitrary<MigrationView> = fc
  .record({
    migrationId,
    state: fc.constantFrom(...MigrationState.options, 'PROPOSED' as const, 'PROPOSED' as const, 'HANDED_OVER' as const),
    sourceNodeId: nodeId,
    destinationNodeId: maybe(nodeId),
    requestedDestination: maybe(nodeId),
    deadlineMs: fc.constantFrom(NOW_MS - 1000, NOW_MS + 60_000, NOW_MS + 60_000),
    proposedAtMs: momentMs,
    confirmed: fc.oneof({ weight: 3, arbitrary: fc.constant(nodeIds) }, fc.subarray(nodeIds)),
    committed: fc.oneof(
      { weight: 3, arbitrary: fc.constant(nodeIds.map((id) => commitOf(id))) },
      fc.array(fc.tuple(nodeId, validationCode), { maxLength: 4 }).map((all) => all.map((one) => commitOf(...one))),
    ),
    evaluated: fc.array(
      fc.oneof(
        fc.record({ nodeId, offerExpiresAtMs: momentMs }).map(({ nodeId: id, ...rest }) => evaluationOf(id, rest)),
        nodeId.map((id) => falseEvaluationOf(id, 'full')),
      ),
      { maxLength: 3 },
    ),
    prepared: fc.array(
      fc.record({ nodeId, configDigest }).map(({ nodeId: id, ...rest }) => prepareOf(id, rest)),
      { maxLength: 2 },
    ),
  })
  .map(({ confirmed, committed, evaluated, prepared, ...changes }) => ({
    record: migrationRecord(changes),
    confirmations: confirmed.map(confirmationOf),
    commits: committed,
    evaluations: evaluated,
    prepares: prepared,
  }));

/** Any view of an instance, whether it can come about or not. */
export const laneViews: fc.Arbitrary<LaneView> = fc
  .record({
    fresh: likely,
    instance: maybe(
      fc
        .record({
          ownerNodeId: nodeId,
          epoch: fc.integer({ min: 1, max: 3 }),
          configDigest,
          recoveredFrom: fc.constantFrom(null, null, 'copy', 'image'),
        })
        .map((changes) => instanceRecord(changes)),
    ),
    service: maybe(
      fc.constantFrom(
        serviceRecord(),
        serviceRecord({ state: 'none' }),
        serviceRecord({ idleSeconds: 50 }),
        serviceRecord({ state: 'none', tenancy: 'shared' }),
      ),
    ),
    spec: maybe(fc.constant(RUN_SPEC)),
    migration: maybe(migration),
    nodes: fc.subarray([nodeRecord(1), nodeRecord(2), nodeRecord(3), nodeRecord(3, { state: 'SUSPENDED' })]),
    position: maybe(fc.constantFrom(nodeRecord(1).site, { latE6: 0, lonE6: 0 })),
    containers: fc.uniqueArray(container, { maxLength: 3, selector: (c) => c.containerId }),
    healthy: fc.subarray(['a', 'b', 'c'].map((name) => name.repeat(64))).map((ids) => new Set(ids)),
    imagesHeld: fc.subarray([CONFIG_DIGEST, FINAL_DIGEST, digest('d')]).map((digests) => new Set(digests)),
    idleSinceMs: maybe(momentMs),
    shut: likely.map((isOpen) => !isOpen),
    isBorn: fc.boolean(),
    retirement: fc.option(
      fc.record({
        cause: fc.constantFrom('idle' as const, 'operator' as const),
        epoch: fc.integer({ min: 1, max: 3 }),
      }),
      { nil: null, freq: 1 },
    ),
    expectedAtEpoch: fc.integer({ min: 0, max: 3 }),
    createdAtEpoch: fc.integer({ min: 0, max: 3 }),
    migrations: fc.uniqueArray(facts, { maxLength: 3, selector: (m) => m.migrationId }),
    endedMigrations: fc.subarray(['m-1', 'm-2', 'm-3']).map((ids) => new Set(ids)),
    trouble: maybe(trouble),
    confirmationSource: fc.constantFrom('records' as const, 'commit' as const),
  })
  .map(({ isBorn, expectedAtEpoch, createdAtEpoch, retirement, migrations, confirmationSource, ...rest }) => ({
    ...rest,
    nowMs: NOW_MS,
    me: ME,
    settings: { decisionMs: 20_000, confirmationSource, maxAttempts: 4 },
    facts: { born: isBorn, expectedAtEpoch, createdAtEpoch, retirement, migrations },
  }));
