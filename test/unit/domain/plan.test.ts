import { NO_INSTANCE_FACTS } from '../../../agent/domain/facts';
import type { LaneView } from '../../../agent/domain/lane-view';
import { plan } from '../../../agent/domain/plan';
import { retryDelayMs } from '../../../agent/domain/trouble';
import {
  born,
  containerOf,
  factsWith,
  FINAL_DIGEST,
  IMAGE,
  instanceRecord,
  ME,
  migrationView,
  NOW_MS,
  orderOf,
  OTHER,
  prepareOf,
  serviceRecord,
  troubleWith,
  viewOf,
} from '../../support/lane-views';
import { CONFIG_DIGEST, digest } from '../../support/ledger-samples';

const CONTAINER = containerOf().containerId;
const step = (name: string, more: object = {}): object => ({
  kind: 'step',
  step: expect.objectContaining({ name, ...more }) as unknown,
});
const wait = (view: LaneView): string => {
  const planned = plan(view);
  return planned.kind === 'wait' ? planned.reason : `step ${planned.step.name}`;
};

describe('an owner with nothing open', () => {
  const unborn = { ...NO_INSTANCE_FACTS, expectedAtEpoch: 1 };
  const bare = { containers: [], healthy: new Set<string>(), facts: unborn };

  it('serves', () => {
    expect(plan(viewOf())).toEqual({ kind: 'wait', reason: 'serving', untilMs: null });
  });

  it('brings a new instance into being: pull, create, start, warm', () => {
    const image = { repository: 'blosm/counter', manifestDigest: digest('e'), configDigest: CONFIG_DIGEST };
    expect(plan(viewOf({ ...bare, imagesHeld: new Set() }))).toEqual(
      step('pull', { migrationId: '', reference: image }),
    );
    expect(plan(viewOf(bare))).toEqual(step('create', { migrationId: '', image: CONFIG_DIGEST }));
    const created = [containerOf({ state: 'created' })];
    expect(plan(viewOf({ containers: created }))).toEqual(step('start', { containerId: CONTAINER }));
    expect(plan(viewOf({ healthy: new Set() }))).toEqual(step('warm', { containerId: CONTAINER }));
  });

  it('waits for what it needs to run it', () => {
    expect(wait(viewOf({ ...bare, service: null }))).toMatch(/service is not on the ledger/);
    expect(plan(viewOf({ ...bare, spec: null }))).toEqual({
      kind: 'wait',
      reason: 'the run spec has not arrived from another agent yet',
      untilMs: NOW_MS + 2000,
    });
  });

  it('never replaces a container whose state is lost, but one without state', () => {
    const lost = /gone; an operator must recover/;
    expect(wait(viewOf({ ...bare, facts: born() }))).toMatch(lost);
    expect(wait(viewOf({ ...bare, instance: instanceRecord({ epoch: 2 }) }))).toMatch(lost);
    const forgotten = { ...bare, facts: NO_INSTANCE_FACTS };
    expect(wait(viewOf(forgotten))).toMatch(/journal does not know of its beginning; an operator must recover/);
    const service = serviceRecord({ state: 'none' });
    expect(plan(viewOf({ ...bare, facts: born(), service }))).toEqual(step('create'));
    expect(plan(viewOf({ ...forgotten, service }))).toEqual(step('create'));
  });

  it('begins anew once an operator has given the state up, and only once', () => {
    const instance = instanceRecord({ epoch: 2, recoveredFrom: 'image' });
    const ordered = { ...born(), expectedAtEpoch: 2 };
    expect(plan(viewOf({ instance, facts: ordered }))).toEqual(step('remove-container', { containerId: CONTAINER }));
    expect(plan(viewOf({ ...bare, instance, facts: ordered }))).toEqual(step('create', { image: CONFIG_DIGEST }));
    const created = { ...ordered, createdAtEpoch: 2 };
    expect(plan(viewOf({ instance, facts: created }))).toMatchObject({ kind: 'wait', reason: 'serving' });
    expect(wait(viewOf({ ...bare, instance, facts: created }))).toMatch(/gone; an operator must recover/);
    // The journal is lost: what is here may be what has been written since.
    expect(plan(viewOf({ instance, facts: NO_INSTANCE_FACTS }))).toMatchObject({ kind: 'wait', reason: 'serving' });
    const fromCopy = instanceRecord({ epoch: 3, recoveredFrom: 'copy' });
    const stopped = [containerOf({ state: 'exited' })];
    expect(plan(viewOf({ instance: fromCopy, containers: stopped, facts: born() }))).toEqual(step('start'));
  });

  it('takes the image that the last migration brought, where the ledger names it', () => {
    const service = serviceRecord({ state: 'none' });
    const instance = instanceRecord({ epoch: 2, configDigest: FINAL_DIGEST });
    const facts = born(
      factsWith({ image: { ...IMAGE, configDigest: digest('d') } }, 'm-0'),
      factsWith({ image: IMAGE }),
    );
    expect(plan(viewOf({ ...bare, service, instance, facts }))).toEqual(step('pull', { reference: IMAGE }));
    const held = { ...bare, service, instance, facts, imagesHeld: new Set([FINAL_DIGEST]) };
    expect(plan(viewOf(held))).toEqual(step('create', { image: FINAL_DIGEST }));
  });

  it('removes leftovers once its own container serves', () => {
    const leftover = containerOf({ containerId: 'bb'.repeat(32), migrationId: 'm-0', createdAtMs: 0 });
    const view = viewOf({ containers: [leftover, containerOf()] });
    expect(plan(view)).toEqual(step('remove-container', { containerId: leftover.containerId, migrationId: 'm-0' }));
    expect(wait({ ...view, fresh: false })).toBe('the ledger is being caught up');
  });

  const intent = { migrationId: 'm-1', trigger: 'operator', strategy: 'registry', requestedDestination: null } as const;

  it('proposes what it intends', () => {
    const view = viewOf({ facts: born(factsWith({ intent })) });
    expect(plan(view)).toEqual(step('propose', { migrationId: 'm-1', intent, containerId: CONTAINER }));
    expect(wait(viewOf({ facts: born(factsWith({ intent, closed: true })) }))).toBe('serving');
  });

  it('cleans up what has ended and closes it, before it proposes the next', () => {
    const committed = { reference: 'r:1', configDigest: FINAL_DIGEST };
    const ended = factsWith({ intent, committed }, 'm-0');
    const facts = born(ended, factsWith({ intent }));
    const endedMigrations = new Set(['m-0']);
    const imagesHeld = new Set([FINAL_DIGEST]);
    const view = viewOf({ facts, endedMigrations, imagesHeld });
    expect(plan(view)).toEqual(step('remove-image', { migrationId: 'm-0', configDigest: FINAL_DIGEST }));
    expect(plan({ ...view, imagesHeld: new Set() })).toEqual(step('close', { migrationId: 'm-0' }));
    const inUse = troubleWith({ step: 'remove-image', retryable: false });
    expect(plan({ ...view, trouble: inUse })).toEqual(step('close', { migrationId: 'm-0' }));
    expect(plan({ ...view, endedMigrations: new Set() })).toEqual(step('propose'));
  });

  it('closes an intent that was refused, and what it was the destination of', () => {
    const refused = factsWith({ intent, failure: { stage: 'propose', reason: 'no' } });
    expect(plan(viewOf({ facts: born(refused) }))).toEqual(step('close'));
    const arrived = factsWith({ order: orderOf(), image: IMAGE });
    const instance = instanceRecord({ configDigest: FINAL_DIGEST });
    const containers = [containerOf({ configDigest: FINAL_DIGEST })];
    // What runs is not thrown away, nor the service's own image.
    const view = viewOf({ facts: born(arrived), instance, containers, imagesHeld: new Set([FINAL_DIGEST]) });
    expect(plan(view)).toEqual(step('close'));
  });

  it('is unmoved by a migration that it has nothing to do with', () => {
    const migration = migrationView({ sourceNodeId: OTHER });
    expect(wait(viewOf({ migration }))).toBe('serving');
    const handedOver = migrationView({ state: 'HANDED_OVER', destinationNodeId: OTHER });
    expect(wait(viewOf({ migration: handedOver }))).toBe('serving');
  });
});

describe('the new owner after the hand-over', () => {
  const arrived = (changes: Partial<LaneView> = {}): LaneView =>
    viewOf({
      instance: instanceRecord({ epoch: 2, configDigest: FINAL_DIGEST }),
      migration: migrationView({ sourceNodeId: OTHER, destinationNodeId: ME, state: 'HANDED_OVER' }),
      containers: [containerOf({ migrationId: 'm-1', configDigest: FINAL_DIGEST })],
      ...changes,
    });

  it('completes once its copy serves', () => {
    expect(plan(arrived())).toEqual(step('complete', { migrationId: 'm-1' }));
    expect(plan(arrived({ healthy: new Set() }))).toEqual(step('warm'));
    expect(plan(arrived({ containers: [containerOf({ state: 'exited' })] }))).toEqual(step('start'));
  });
});

const picked = (facts: object = {}, changes: Partial<LaneView> = {}): LaneView =>
  viewOf({
    instance: instanceRecord({ ownerNodeId: OTHER, openMigrationId: 'm-1' }),
    migration: migrationView({ sourceNodeId: OTHER }),
    containers: [],
    healthy: new Set(),
    imagesHeld: new Set(),
    facts: { ...NO_INSTANCE_FACTS, migrations: [factsWith({ order: orderOf(), ...facts })] },
    ...changes,
  });
const copy = containerOf({ migrationId: 'm-1', configDigest: FINAL_DIGEST });

describe('the picked node', () => {
  const held = { imagesHeld: new Set([FINAL_DIGEST]) };
  const healthy = new Set([CONTAINER]);
  it.each([
    ['pulls', {}, step('pull', { reference: IMAGE })],
    ['creates', held, step('create', { migrationId: 'm-1', image: FINAL_DIGEST })],
    ['starts', { containers: [{ ...copy, state: 'created' }] }, step('start', { containerId: CONTAINER })],
    ['warms', { containers: [copy] }, step('warm', { containerId: CONTAINER })],
    [
      'prepares',
      { containers: [copy], healthy },
      step('prepare', { containerId: CONTAINER, configDigest: FINAL_DIGEST }),
    ],
  ] as const)('%s', (_what, changes, expected) => {
    expect(plan(picked({ image: IMAGE }, changes as Partial<LaneView>))).toEqual(expected);
  });

  it('waits for the image', () => {
    expect(plan(picked())).toEqual({
      kind: 'wait',
      reason: 'picked; waiting for the image',
      untilMs: NOW_MS + 60_000,
    });
  });

  it('removes what is left of an earlier stay before anything else', () => {
    const old = containerOf({ migrationId: '' });
    expect(plan(picked({ image: IMAGE }, { containers: [copy, old] }))).toEqual(
      step('remove-container', { migrationId: '', containerId: old.containerId }),
    );
  });

  it('once prepared keeps its copy running until the hand-over', () => {
    const migration = migrationView({ sourceNodeId: OTHER }, { prepares: [prepareOf(ME)] });
    const prepared = (changes: Partial<LaneView>): LaneView => picked({ image: IMAGE }, { migration, ...changes });
    expect(wait(prepared({ containers: [copy], healthy }))).toMatch(/^prepared; waiting/);
    expect(plan(prepared({ containers: [{ ...copy, state: 'exited' }] }))).toEqual(step('start'));
    expect(plan(prepared({ containers: [copy] }))).toEqual(step('warm'));
    expect(wait(prepared({ containers: [] }))).toMatch(/^prepared; waiting/);
  });

  it('once prepared keeps its copy also when its journal is lost', () => {
    const migration = migrationView({ sourceNodeId: OTHER }, { prepares: [prepareOf(ME)] });
    const lost = (changes: Partial<LaneView>): LaneView =>
      picked({}, { migration, facts: NO_INSTANCE_FACTS, containers: [copy], ...changes });
    expect(wait(lost({ healthy }))).toMatch(/^prepared; waiting/);
    expect(plan(lost({}))).toEqual(step('warm'));
    expect(plan(lost({ spec: null }))).toMatchObject({
      kind: 'wait',
      reason: expect.stringMatching(/run spec/) as string,
    });
    const byAnother = migrationView({ sourceNodeId: OTHER }, { prepares: [prepareOf('Edge3MSP')] });
    expect(plan(lost({ migration: byAnother }))).toEqual(step('remove-container'));
  });

  it('keeps a prepared copy that it has given up: the hand-over may be on its way', () => {
    const migration = migrationView({ sourceNodeId: OTHER }, { prepares: [prepareOf(ME)] });
    const failure = { stage: 'start', reason: 'it ends at once' };
    const given = picked({ image: IMAGE, failure }, { containers: [{ ...copy, state: 'exited' }] });
    expect(plan(given)).toMatchObject({ step: { name: 'remove-container' } });
    expect(wait({ ...given, migration })).toMatch(/^gave up: it ends at once/);
  });

  it.each(['pull', 'create', 'start', 'warm', 'prepare'] as const)('gives up when %s fails for good', (name) => {
    const trouble = troubleWith({ step: name, retryable: false });
    expect(plan(picked({ image: IMAGE }, { trouble }))).toEqual(step('give-up', { stage: name }));
  });

  it('after giving up keeps nothing and waits for the abort', () => {
    const failure = { failure: { stage: 'pull', reason: 'no space' } };
    expect(plan(picked(failure, { containers: [copy] }))).toEqual(step('remove-container', { containerId: CONTAINER }));
    expect(wait(picked(failure))).toMatch(/gave up: no space/);
  });

  it('tries again after a while what may pass', () => {
    const trouble = troubleWith({ step: 'pull', lastAtMs: NOW_MS - 10, message: 'registry down' });
    expect(plan(picked({ image: IMAGE }, { trouble }))).toEqual({
      kind: 'wait',
      reason: 'pull failed: registry down',
      untilMs: NOW_MS + 490,
    });
  });
});

describe('who is not the owner', () => {
  const instance = instanceRecord({ ownerNodeId: OTHER, epoch: 2 });

  it('as the source after the hand-over stops its copy and keeps it', () => {
    const migration = migrationView({ state: 'HANDED_OVER', destinationNodeId: OTHER });
    expect(plan(viewOf({ instance, migration }))).toEqual(step('stop', { migrationId: 'm-1', containerId: CONTAINER }));
    const containers = [containerOf({ state: 'exited' })];
    expect(wait(viewOf({ instance, migration, containers }))).toMatch(/stopped copy is kept/);
  });

  it('removes what it has, image by image, and closes', () => {
    const committed = { reference: 'r:1', configDigest: FINAL_DIGEST };
    const earlier = factsWith({ image: { ...IMAGE, configDigest: digest('d') }, closed: true }, 'm-0');
    const facts = born(earlier, factsWith({ committed }));
    const imagesHeld = new Set([CONFIG_DIGEST, FINAL_DIGEST, digest('d')]);
    const view = viewOf({ instance, facts, imagesHeld });
    expect(plan(view)).toEqual(step('remove-container'));
    const bare = { ...view, containers: [] };
    expect(plan(bare)).toEqual(step('remove-image', { configDigest: digest('d') }));
    expect(plan({ ...bare, imagesHeld: new Set([CONFIG_DIGEST, FINAL_DIGEST]) })).toEqual(
      step('remove-image', { migrationId: 'm-1', configDigest: FINAL_DIGEST }),
    );
    expect(plan({ ...bare, imagesHeld: new Set([CONFIG_DIGEST]) })).toEqual(step('close', { migrationId: 'm-1' }));
    expect(wait({ ...bare, facts: born(earlier) })).toBe('owned by another cluster');
  });

  it('throws nothing away before it has caught up', () => {
    expect(wait(viewOf({ instance, fresh: false }))).toBe('the ledger is being caught up');
  });

  it('does the same for an instance that is gone', () => {
    expect(plan(viewOf({ instance: null }))).toEqual(step('remove-container'));
    expect(wait(viewOf({ instance: null, containers: [] }))).toBe('gone');
  });

  it('and not picked leaves an open migration alone', () => {
    const migration = migrationView({ sourceNodeId: OTHER });
    expect(wait(viewOf({ instance, migration, containers: [] }))).toBe('owned by another cluster');
  });
});

describe('after failures', () => {
  it('waits longer each time, 30 s at most', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 20, 1000].map(retryDelayMs);
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('does not start at once what did not get healthy', () => {
    const containers = [containerOf({ state: 'exited' })];
    const trouble = troubleWith({ step: 'warm', lastAtMs: NOW_MS - 1 });
    expect(wait(viewOf({ containers, trouble }))).toMatch(/^warm failed/);
    expect(plan(viewOf({ containers, trouble: { ...trouble, lastAtMs: 0 } }))).toEqual(step('start'));
  });
});
