import fc from 'fast-check';
import type { MigrationFacts } from '../../../agent/domain/facts';
import { beginsAnew, factsOf, hasForgotten, isDestination, type LaneView } from '../../../agent/domain/lane-view';
import { plan } from '../../../agent/domain/plan';
import { idleEndsAtMs, isRetiring } from '../../../agent/domain/retirement';
import type { Step } from '../../../agent/domain/steps';
import { trafficMode } from '../../../agent/domain/traffic-mode';
import { MigrationAbort } from '../../../chaincode/src/model';
import { laneViews } from '../../support/lane-arbitraries';
import { after } from '../../support/lane-steps';
import { ME } from '../../support/lane-views';

const RUNS = { numRuns: 3000 };

/** The step that is planned, if it is of this name. */
function planned<N extends Step['name']>(view: LaneView, name: N): Extract<Step, { name: N }> | undefined {
  const next = plan(view);
  return next.kind === 'step' && next.step.name === name ? (next.step as Extract<Step, { name: N }>) : undefined;
}

/** What may be handed over: what was saved with the door closed, or the image of a service that all share. */
function savedDigest({ service }: LaneView, facts: MigrationFacts): string | undefined {
  if (service?.tenancy === 'shared') return service.image.configDigest;
  return facts.drainBegun ? facts.committed?.configDigest : undefined;
}

const isOwner = (view: LaneView): boolean => view.instance?.ownerNodeId === ME;

describe('whatever an agent sees', () => {
  it('is such that every step is planned now and then', () => {
    const names = fc.sample(laneViews, { seed: 1, numRuns: 20_000 }).flatMap((view) => {
      const next = plan(view);
      return next.kind === 'step' ? [next.step.name] : [];
    });
    const all: Record<Step['name'], true> = {
      propose: true,
      pick: true,
      drain: true,
      stop: true,
      commit: true,
      push: true,
      'send-image': true,
      watch: true,
      'hand-over': true,
      abort: true,
      pull: true,
      create: true,
      start: true,
      warm: true,
      'give-up': true,
      prepare: true,
      complete: true,
      'remove-container': true,
      'remove-image': true,
      retire: true,
      close: true,
    };
    expect(new Set(names)).toEqual(new Set(Object.keys(all)));
  });

  it('it has a plan, and the same one again', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        expect(plan(view)).toEqual(plan(view));
        expect(trafficMode(view)).toEqual(trafficMode(view));
      }),
      RUNS,
    );
  });

  it('steps that go well come to rest', () => {
    fc.assert(
      fc.property(laneViews, (start) => {
        let view = start;
        for (let count = 0; count < 60; count += 1) {
          const next = plan(view);
          if (next.kind === 'wait') return;
          view = after(view, next.step);
        }
        throw new Error('60 steps and no rest');
      }),
      RUNS,
    );
  });

  it('it hands over only what was prepared, closed and saved, in time', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        const step = planned(view, 'hand-over');
        if (step === undefined) return;
        const facts = factsOf(view, step.migrationId);
        expect(isOwner(view)).toBe(true);
        expect(facts).toMatchObject({ failure: null, pickedNodeId: step.nodeId });
        expect(savedDigest(view, facts)).toBe(step.configDigest);
        const prepare = view.migration?.prepares.find((p) => p.nodeId === step.nodeId);
        expect(prepare?.configDigest).toBe(step.configDigest);
        expect(view.migration?.record.deadlineMs).toBeGreaterThan(view.nowMs);
        expect(view.migration?.record).toMatchObject({ state: 'PROPOSED', sourceNodeId: ME });
      }),
      RUNS,
    );
  });

  it('it throws nothing away before it has caught up, and never the copy that counts', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        const container = planned(view, 'remove-container');
        const image = planned(view, 'remove-image');
        if (container !== undefined || image !== undefined) expect(view.fresh).toBe(true);
        if (container !== undefined && isOwner(view) && !beginsAnew(view)) {
          expect(view.containers.length).toBeGreaterThan(1);
        }
        if (image !== undefined && isOwner(view)) expect(image.configDigest).not.toBe(view.instance?.configDigest);
        if (image !== undefined) expect(view.containers.map((c) => c.configDigest)).not.toContain(image.configDigest);
      }),
      RUNS,
    );
  });

  it('it starts and makes containers only of what it owns, was picked for or has prepared', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        const step =
          planned(view, 'create') ?? planned(view, 'start') ?? planned(view, 'warm') ?? planned(view, 'pull');
        if (step === undefined || isOwner(view)) return;
        expect(isDestination(view, view.migration)).toBe(true);
        // Without its journal it goes on with what it has; it makes nothing.
        const isRemembered = factsOf(view, view.migration?.record.migrationId ?? '').order !== null;
        if (!isRemembered) expect(step.name).toMatch(/^(start|warm)$/);
      }),
      RUNS,
    );
  });

  it('it removes an instance only as the owner, with nothing open, when nobody uses it or it is decided', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        const step = planned(view, 'retire');
        if (step === undefined) return;
        expect(isOwner(view) && view.fresh).toBe(true);
        const { state, sourceNodeId, destinationNodeId } = { ...view.migration?.record };
        expect([state, sourceNodeId]).not.toEqual(['PROPOSED', ME]);
        expect([state, destinationNodeId]).not.toEqual(['HANDED_OVER', ME]);
        if (isRetiring(view)) return;
        expect(step.cause).toBe('idle');
        expect(idleEndsAtMs(view)).toBeLessThanOrEqual(view.nowMs);
        expect(view.facts.migrations.filter((m) => !m.closed)).toEqual([]);
      }),
      RUNS,
    );
  });

  it('it neither closes nor saves a container that others use', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        const step = planned(view, 'drain') ?? planned(view, 'commit') ?? planned(view, 'push');
        if (step !== undefined) expect(view.service?.tenancy).not.toBe('shared');
      }),
      RUNS,
    );
  });

  it('its abort is one that the ledger takes', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        const step = planned(view, 'abort');
        if (step === undefined) return;
        const { migrationId, stage, reason } = step;
        expect(MigrationAbort.safeParse({ migrationId, stage, reason }).success).toBe(true);
      }),
      RUNS,
    );
  });

  it('it serves only as the owner, with a container that has answered, and not while it is closed', () => {
    fc.assert(
      fc.property(laneViews, (view) => {
        if (trafficMode(view).kind !== 'serve') return;
        expect(isOwner(view)).toBe(true);
        expect(view.fresh || view.service?.state === 'none').toBe(true);
        expect(view.containers.some((c) => c.state === 'running' && view.healthy.has(c.containerId))).toBe(true);
        const open = view.migration?.record;
        const isSource = open?.state === 'PROPOSED' && open.sourceNodeId === ME;
        if (!isSource) return;
        expect(factsOf(view, open.migrationId).drainBegun).toBe(false);
        expect(view.migration !== null && hasForgotten(view, view.migration)).toBe(false);
      }),
      RUNS,
    );
  });
});
