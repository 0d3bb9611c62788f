import type { ContainerObservation } from '../../agent/domain/container';
import type { MigrationFacts } from '../../agent/domain/facts';
import { factsOf, type LaneView } from '../../agent/domain/lane-view';
import type { Step } from '../../agent/domain/steps';
import {
  confirmationOf,
  containerOf,
  evaluationOf,
  FINAL_DIGEST,
  instanceRecord,
  migrationView,
  prepareOf,
} from './lane-views';

type StepOf<N extends Step['name']> = Extract<Step, { name: N }>;
type Effects = { readonly [N in Step['name']]: (view: LaneView, step: StepOf<N>) => LaneView };

const noted = (view: LaneView, migrationId: string, change: Partial<MigrationFacts>): LaneView => {
  const next = { ...factsOf(view, migrationId), ...change };
  const others = view.facts.migrations.filter((m) => m.migrationId !== migrationId);
  return { ...view, facts: { ...view.facts, migrations: [...others, next] } };
};

const withContainer = (view: LaneView, id: string, change: Partial<ContainerObservation>): LaneView => ({
  ...view,
  containers: view.containers.map((c) => (c.containerId === id ? { ...c, ...change } : c)),
});

const ended = (view: LaneView, migrationId: string): LaneView => ({
  ...view,
  migration: null,
  instance: view.instance === null ? null : { ...view.instance, openMigrationId: null },
  endedMigrations: new Set([...view.endedMigrations, migrationId]),
});

const prepared = (view: LaneView, nodeId: string, configDigest: string): LaneView =>
  view.migration === null
    ? view
    : {
        ...view,
        migration: {
          ...view.migration,
          prepares: [
            ...view.migration.prepares.filter((p) => p.nodeId !== nodeId),
            prepareOf(nodeId, { configDigest, migrationId: view.migration.record.migrationId }),
          ],
        },
      };

/** What each step leads to when it goes well. */
const EFFECTS: Effects = {
  propose: (view, { migrationId }) => ({
    ...view,
    migration: migrationView(
      { migrationId, sourceNodeId: view.me },
      {
        confirmations: view.nodes.map((node) => confirmationOf(node.nodeId)),
        evaluations: view.nodes.map((node) => evaluationOf(node.nodeId)),
      },
    ),
  }),
  pick: (view, { migrationId, nodeId }) => noted(view, migrationId, { pickedNodeId: nodeId }),
  drain: (view, { migrationId }) => noted(view, migrationId, { drainBegun: true }),
  stop: (view, { containerId }) => withContainer(view, containerId, { state: 'exited' }),
  commit: (view, { migrationId }) =>
    noted({ ...view, imagesHeld: new Set([...view.imagesHeld, FINAL_DIGEST]) }, migrationId, {
      committed: { reference: 'r:1', configDigest: FINAL_DIGEST },
    }),
  push: (view, { migrationId, configDigest }) =>
    noted(view, migrationId, { pushed: { repository: 'r', manifestDigest: FINAL_DIGEST, configDigest } }),
  'send-image': (view, { migrationId }) => noted(view, migrationId, { imageSent: true }),
  watch: (view, { migrationId, nodeId }) =>
    prepared(view, nodeId, factsOf(view, migrationId).committed?.configDigest ?? ''),
  'hand-over': (view, { nodeId, configDigest }) => ({
    ...view,
    instance: instanceRecord({ ownerNodeId: nodeId, epoch: (view.instance?.epoch ?? 1) + 1, configDigest }),
    migration:
      view.migration === null
        ? null
        : {
            ...view.migration,
            record: { ...view.migration.record, state: 'HANDED_OVER', destinationNodeId: nodeId, configDigest },
          },
  }),
  abort: (view, { migrationId }) => ended(view, migrationId),
  pull: (view, { reference }) => ({ ...view, imagesHeld: new Set([...view.imagesHeld, reference.configDigest]) }),
  create: (view, { migrationId, image }) => ({
    ...view,
    facts: { ...view.facts, born: true, createdAtEpoch: view.instance?.epoch ?? 0 },
    containers: [
      ...view.containers,
      containerOf({ containerId: 'd'.repeat(64), migrationId, configDigest: image, state: 'created' }),
    ],
  }),
  start: (view, { containerId }) => withContainer(view, containerId, { state: 'running' }),
  warm: (view, { containerId }) => ({ ...view, healthy: new Set([...view.healthy, containerId]) }),
  'give-up': (view, { migrationId, stage, reason }) => noted(view, migrationId, { failure: { stage, reason } }),
  prepare: (view, { configDigest }) => prepared(view, view.me, configDigest),
  complete: (view, { migrationId }) => ended(view, migrationId),
  'remove-container': (view, { containerId }) => ({
    ...view,
    containers: view.containers.filter((c) => c.containerId !== containerId),
  }),
  'remove-image': (view, { configDigest }) => ({
    ...view,
    imagesHeld: new Set([...view.imagesHeld].filter((held) => held !== configDigest)),
  }),
  retire: (view) => ({ ...view, instance: null, migration: null }),
  close: (view, { migrationId }) => noted(view, migrationId, { closed: true }),
};

/** The view after the step, and after the pause that a failure before it may have asked for. */
export function after(view: LaneView, step: Step): LaneView {
  const effect = EFFECTS[step.name] as (view: LaneView, step: Step) => LaneView;
  return { ...effect(view, step), trouble: null };
}
