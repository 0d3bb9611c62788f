import { plan } from '../../../agent/domain/plan';
import type { LaneView, MigrationView } from '../../../agent/domain/lane-view';
import type { MigrationFacts } from '../../../agent/domain/facts';
import { positionOfDegrees } from '../../../agent/domain/geo';
import type { NodeRecord } from '../../../chaincode/src/model';
import {
  born,
  commitOf,
  confirmationOf,
  containerOf,
  evaluationOf,
  factsWith,
  falseEvaluationOf,
  FINAL_DIGEST,
  migrationView,
  nodeRecord,
  NOW_MS,
  OTHER,
  prepareOf,
  serviceRecord,
  troubleWith,
  viewOf,
} from '../../support/lane-views';
import { digest } from '../../support/ledger-samples';

const CONTAINER = containerOf().containerId;
const ALL = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'];
const confirmations = ALL.map(confirmationOf);
const evaluations = [evaluationOf('Edge2MSP'), falseEvaluationOf('Edge3MSP', 'no memory')];
const decided: Partial<MigrationView> = { confirmations, evaluations };

const source = (
  facts: Partial<MigrationFacts> = {},
  parts: Partial<Omit<MigrationView, 'record'>> = {},
  changes: Partial<LaneView> = {},
): LaneView => viewOf({ migration: migrationView({}, parts), facts: born(factsWith(facts)), ...changes });

const step = (name: string, more: object = {}): object => ({
  kind: 'step',
  step: expect.objectContaining({ name, migrationId: 'm-1', ...more }) as unknown,
});
const abort = (stage: string, reason: RegExp): object =>
  step('abort', { stage, reason: expect.stringMatching(reason) as unknown });

const committed = { reference: 'registry/x:m-1', configDigest: FINAL_DIGEST };
const pushed = { repository: 'x', manifestDigest: digest('9'), configDigest: FINAL_DIGEST };
const picked = { pickedNodeId: OTHER };
const stopped = { containers: [containerOf({ state: 'exited' })], healthy: new Set<string>() };

describe('the source, until it has picked', () => {
  it('keeps serving: its container is started and warmed', () => {
    expect(plan(source({}, decided, stopped))).toEqual(step('start', { containerId: CONTAINER }));
    expect(plan(source({}, decided, { healthy: new Set() }))).toEqual(step('warm', { containerId: CONTAINER }));
  });

  it('decides even when its container cannot be brought back', () => {
    const trouble = troubleWith({ step: 'warm', retryable: false });
    expect(plan(source({}, decided, { ...stopped, trouble }))).toEqual(step('pick', { nodeId: OTHER }));
    expect(plan(source({}, decided, { containers: [] }))).toEqual(step('pick', { nodeId: OTHER }));
  });

  it('waits for the confirmations, by name', () => {
    const parts = { confirmations: [confirmationOf('Edge1MSP')], evaluations };
    expect(plan(source({}, parts))).toEqual({
      kind: 'wait',
      reason: '1 of 3 nodes confirmed; missing: edge2, edge3',
      untilMs: NOW_MS + 20_000,
    });
    expect(plan(source({}, parts, { nowMs: NOW_MS + 20_000 }))).toEqual(abort('confirm', /missing: edge2, edge3/));
  });

  it('does not wait for the decision beyond the deadline', () => {
    const migration = migrationView({ deadlineMs: NOW_MS + 5000 }, { confirmations: [] });
    expect(plan(source({}, {}, { migration }))).toMatchObject({ kind: 'wait', untilMs: NOW_MS + 5000 });
  });

  describe('after an earlier migration that came to nothing at a node', () => {
    const both = { confirmations, evaluations: [evaluationOf('Edge2MSP'), evaluationOf('Edge3MSP')] };
    const after = (stage: string, pickedNodeId: string | null, parts: Partial<MigrationView> = both): LaneView => {
      const earlier = factsWith({ pickedNodeId, failure: { stage, reason: 'why' }, closed: true }, 'm-0');
      return viewOf({ migration: migrationView({}, parts), facts: born(earlier, factsWith({})) });
    };

    it.each(['destination', 'prepare', 'deadline', 'send-image'])('picks another one: %s', (stage) => {
      expect(plan(after(stage, 'Edge2MSP'))).toEqual(step('pick', { nodeId: 'Edge3MSP' }));
    });

    it('picks it again when nobody else can', () => {
      expect(plan(after('destination', OTHER, decided))).toEqual(step('pick', { nodeId: OTHER }));
    });

    it.each([
      ['push', OTHER],
      ['deadline', null],
    ])('does not blame it for what it had no part in: %s', (stage, picked) => {
      expect(plan(after(stage, picked))).toEqual(step('pick', { nodeId: OTHER }));
    });

    it('does not blame it where the earlier one went well', () => {
      const facts = born(factsWith({ pickedNodeId: OTHER, closed: true }, 'm-0'), factsWith({}));
      expect(plan(viewOf({ migration: migrationView({}, both), facts }))).toEqual(step('pick', { nodeId: OTHER }));
    });
  });

  it('picks the nearest that can, and not who has refused', () => {
    expect(plan(source({}, decided))).toEqual(step('pick', { nodeId: OTHER }));
    const refused = (reason: string) => plan(source({ refusals: [{ nodeId: OTHER, reason }] }, decided));
    expect(refused('')).toEqual(
      abort('evaluate', /edge2: refused when it was picked; edge3: evaluated false: no memory/),
    );
    expect(refused('it is full')).toEqual(abort('evaluate', /edge2: refused when it was picked \(it is full\); edge3/));
  });

  it('waits for evaluations, but not for ever', () => {
    const parts = { confirmations, evaluations: [falseEvaluationOf('Edge3MSP', 'full')] };
    expect(plan(source({}, parts))).toMatchObject({ kind: 'wait', untilMs: NOW_MS + 20_000 });
    expect(plan(source({}, parts, { nowMs: NOW_MS + 20_000 }))).toEqual(abort('evaluate', /edge2: has not evaluated/));
  });

  it('does not wait for the evaluation of who could not take it anyhow: out of reach, suspended, not asked for', () => {
    const parts = { confirmations, evaluations: [falseEvaluationOf('Edge3MSP', 'full')] };
    const site = positionOfDegrees(10, 10);
    const nodesWith = (changes: Partial<NodeRecord>): NodeRecord[] => [
      nodeRecord(1),
      nodeRecord(2, changes),
      nodeRecord(3),
    ];
    for (const nodes of [nodesWith({ site }), nodesWith({ state: 'SUSPENDED' })]) {
      expect(plan(source({}, parts, { nodes }))).toEqual(abort('evaluate', /edge2: has not evaluated, /));
    }
    const migration = migrationView({ requestedDestination: 'Edge3MSP' }, parts);
    expect(plan(source({}, {}, { migration }))).toEqual(abort('evaluate', /edge2: has not evaluated, /));
  });

  it('names who is missing by id when the node is unknown', () => {
    const nodes = [nodeRecord(1), nodeRecord(2), nodeRecord(3, { name: '' })];
    const view = source({}, { confirmations: [confirmationOf('Edge1MSP')] }, { nodes });
    expect(plan(view)).toMatchObject({ reason: '1 of 3 nodes confirmed; missing: edge2, ' });
  });

  it('tries a pick again after a while', () => {
    const trouble = troubleWith({ step: 'pick', lastAtMs: NOW_MS - 100, attempts: 2, message: 'no spec' });
    expect(plan(source({}, decided, { trouble }))).toEqual({
      kind: 'wait',
      reason: 'pick failed: no spec',
      untilMs: NOW_MS - 100 + 1000,
    });
  });

  it('does not wait for a time that the clock will not see again for an hour', () => {
    const trouble = troubleWith({ step: 'pick', lastAtMs: NOW_MS + 3_600_000, attempts: 2 });
    expect(plan(source({}, decided, { trouble }))).toEqual(step('pick', { nodeId: OTHER }));
  });
});

describe('the source, where the commits of the peers count', () => {
  const settings = { ...viewOf().settings, confirmationSource: 'commit' as const };
  const commits = ALL.map((nodeId) => commitOf(nodeId));
  const byCommits = (parts: Partial<Omit<MigrationView, 'record'>>, changes: Partial<LaneView> = {}): LaneView =>
    source({}, parts, { settings, ...changes });
  // The device is where all stand: the second and the third cluster are equally near, by id the second comes first.
  const third = evaluationOf('Edge3MSP');

  it('waits for 90 % of them, by name, whatever the records say', () => {
    const parts = { confirmations, evaluations, commits: commits.slice(0, 2) };
    const reason = '2 of 3 nodes confirmed; missing: edge3';
    expect(plan(byCommits(parts))).toEqual({ kind: 'wait', reason, untilMs: NOW_MS + 20_000 });
    expect(plan(byCommits(parts, { nowMs: NOW_MS + 20_000 }))).toEqual(abort('confirm', /2 of 3 .*missing: edge3$/));
  });

  it('names who contradicts it, and aborts what is invalid', () => {
    const disputed = [...commits.slice(0, 2), commitOf('Edge3MSP', 'BAD_PAYLOAD')];
    const reason = '2 of 3 nodes confirmed; missing: edge3 (says BAD_PAYLOAD)';
    expect(plan(byCommits({ commits: disputed }))).toMatchObject({ kind: 'wait', reason });
    const invalid = { commits: [commitOf('Edge3MSP', 'BAD_PAYLOAD')] };
    expect(plan(byCommits(invalid))).toEqual(
      abort('confirm', /peer0.Edge3MSP found the proposal invalid: BAD_PAYLOAD/),
    );
  });

  it('picks the nearest as soon as its offer is there, without the records and evaluations of others', () => {
    expect(plan(byCommits({ commits, evaluations: [evaluationOf(OTHER)] }))).toEqual(step('pick', { nodeId: OTHER }));
  });

  it('waits a while for one that is nearer than the best so far', () => {
    const parts = { commits, evaluations: [third] };
    const reason = 'waiting for evaluations: edge3: would do; edge2: has not evaluated';
    expect(plan(byCommits(parts))).toEqual({ kind: 'wait', reason, untilMs: NOW_MS + 5000 });
    expect(plan(byCommits(parts, { nowMs: NOW_MS + 5000 }))).toEqual(step('pick', { nodeId: 'Edge3MSP' }));
    const refused = { commits, evaluations: [falseEvaluationOf(OTHER, 'full'), third] };
    expect(plan(byCommits(refused))).toEqual(step('pick', { nodeId: 'Edge3MSP' }));
  });

  it('does not wait for who does not cover the device, or has refused', () => {
    const far = nodeRecord(3, { site: { latE6: 0, lonE6: 0 } });
    const nodes = [nodeRecord(1), nodeRecord(2), far];
    const parts = { commits, evaluations: [falseEvaluationOf(OTHER, 'full')] };
    expect(plan(byCommits(parts, { nodes }))).toEqual(abort('evaluate', /edge2: evaluated false: full/));
    expect(plan(byCommits({ commits }, { nodes }))).toMatchObject({ kind: 'wait', untilMs: NOW_MS + 20_000 });
    const facts = born(factsWith({ refusals: [{ nodeId: OTHER, reason: '' }] }));
    expect(plan(byCommits({ commits }, { nodes, facts }))).toEqual(abort('evaluate', /edge2: refused when/));
  });

  it('waits for the evaluation of who was asked for, wherever the device is', () => {
    const migration = migrationView({ requestedDestination: 'Edge3MSP' }, { commits });
    const view = source({}, {}, { settings, migration, position: null });
    expect(plan(view)).toMatchObject({ kind: 'wait', untilMs: NOW_MS + 20_000 });
    const evaluated = migrationView({ requestedDestination: 'Edge3MSP' }, { commits, evaluations: [third] });
    expect(plan({ ...view, migration: evaluated })).toEqual(step('pick', { nodeId: 'Edge3MSP' }));
  });
});

describe('the source whose journal is lost', () => {
  const prepares = [prepareOf(OTHER)];

  it('aborts what somebody has prepared, before it starts its container again', () => {
    const stopped = { containers: [containerOf({ state: 'exited' })], facts: born() };
    expect(plan(source({}, { prepares }, stopped))).toEqual(abort('journal', /the journal has lost/));
    expect(plan(source({}, { prepares }, { ...stopped, service: null }))).toEqual(abort('journal', /has lost/));
  });

  it('goes on with what nobody has prepared', () => {
    expect(plan(source({}, {}, { containers: [containerOf({ state: 'exited' })] }))).toEqual(step('start'));
  });

  it('goes on where the container is shared: it was not closed', () => {
    const service = serviceRecord({ tenancy: 'shared', state: 'none' });
    expect(plan(source({}, { ...decided, prepares }, { service }))).toEqual(step('pick', { nodeId: 'Edge2MSP' }));
  });
});

describe('the source of a shared service', () => {
  const service = serviceRecord({ tenancy: 'shared', state: 'none' });
  const shared = (facts: Partial<MigrationFacts>, parts: Partial<Omit<MigrationView, 'record'>> = {}): LaneView =>
    source({ ...picked, ...facts }, { ...decided, ...parts }, { service });

  it('stops nothing: it names the image of the service, and hands over what was prepared of that', () => {
    expect(plan(shared({}))).toEqual(step('send-image', { nodeId: OTHER }));
    expect(plan(shared({ imageSent: true }))).toEqual(step('watch', { nodeId: OTHER }));
    const { configDigest } = service.image;
    expect(plan(shared({ imageSent: true }, { prepares: [prepareOf(OTHER, { configDigest })] }))).toEqual(
      step('hand-over', { nodeId: OTHER, configDigest }),
    );
    expect(plan(shared({ imageSent: true }, { prepares: [prepareOf(OTHER)] }))).toEqual(
      abort('prepare', /prepared sha256:/),
    );
  });
});

describe('the source, once it has picked', () => {
  const drained = { ...picked, drainBegun: true };
  it.each([
    ['drains', picked, {}, {}, step('drain')],
    ['stops', drained, {}, {}, step('stop', { containerId: CONTAINER })],
    ['commits', drained, {}, stopped, step('commit', { containerId: CONTAINER })],
    ['pushes', { ...drained, committed }, {}, stopped, step('push', committed)],
    ['tells where it lies', { ...drained, committed, pushed }, {}, stopped, step('send-image', { nodeId: OTHER })],
    [
      'asks how far the other is',
      { ...drained, committed, pushed, imageSent: true },
      {},
      stopped,
      step('watch', { nodeId: OTHER, untilMs: NOW_MS + 60_000 }),
    ],
    [
      'hands over',
      { ...drained, committed, pushed, imageSent: true },
      { prepares: [prepareOf(OTHER)] },
      stopped,
      step('hand-over', { nodeId: OTHER, configDigest: FINAL_DIGEST }),
    ],
  ] as const)('%s', (_what, facts, parts, changes, expected) => {
    expect(plan(source(facts, parts, changes as Partial<LaneView>))).toEqual(expected);
  });

  const sent = { ...drained, committed, pushed, imageSent: true };

  it('does not wait until the deadline for a node that stays away', () => {
    const away = (attempts: number): LaneView =>
      source(sent, {}, { ...stopped, trouble: troubleWith({ step: 'watch', attempts, message: 'no answer' }) });
    expect(plan(away(9))).toEqual(step('watch'));
    expect(plan(away(10))).toEqual(abort('destination', /^edge2 does not answer: no answer$/));
  });

  it('does not take the preparation of another node', () => {
    expect(plan(source(sent, { prepares: [prepareOf('Edge3MSP')] }, stopped))).toEqual(step('watch'));
  });

  it('aborts when something else was prepared', () => {
    const prepares = [prepareOf(OTHER, { configDigest: digest('e') })];
    expect(plan(source(sent, { prepares }, stopped))).toEqual(abort('prepare', /edge2 prepared .*expected/));
    const unknown = { ...stopped, nodes: [] };
    expect(plan(source(sent, { prepares }, unknown))).toEqual(abort('prepare', /^Edge2MSP prepared/));
  });

  it('aborts when its container has gone before it was saved, and not after', () => {
    expect(plan(source(drained, {}, { containers: [] }))).toEqual(abort('commit', /the container is gone/));
    expect(plan(source({ ...drained, committed }, {}, { containers: [] }))).toEqual(step('push'));
  });

  it.each(['drain', 'stop', 'commit', 'push', 'send-image', 'hand-over'] as const)(
    'aborts when %s fails for good or too often',
    (name) => {
      const failed = (changes: object): LaneView =>
        source(
          sent,
          { prepares: [prepareOf(OTHER)] },
          { ...stopped, trouble: troubleWith({ step: name, ...changes }) },
        );
      expect(plan(failed({ retryable: false, attempts: 1 }))).toEqual(abort(name, /it failed/));
      expect(plan(failed({ attempts: 4 }))).toEqual(abort(name, /it failed/));
      expect(plan(failed({ attempts: 3 }))).toEqual(step('hand-over'));
    },
  );

  it('aborts at the deadline, whatever has been done', () => {
    const late = { nowMs: NOW_MS + 60_000 };
    expect(plan(source(sent, { prepares: [prepareOf(OTHER)] }, { ...stopped, ...late }))).toEqual(
      abort('deadline', /deadline passed/),
    );
  });

  it('aborts for a failure that it has recorded, before anything else', () => {
    const failure = { stage: 'destination', reason: 'warm:\nno answer' };
    const view = source({ ...sent, failure }, { prepares: [prepareOf(OTHER)] }, { nowMs: NOW_MS + 60_000 });
    expect(plan(view)).toEqual(abort('destination', /^warm: no answer$/));
    const trouble = troubleWith({ step: 'abort', lastAtMs: NOW_MS + 59_900 });
    expect(plan({ ...view, trouble })).toMatchObject({ kind: 'wait', untilMs: NOW_MS + 60_400 });
  });
});
