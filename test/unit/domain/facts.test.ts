import { foldEntry, NO_INSTANCE_FACTS, noFacts, type InstanceFacts } from '../../../agent/domain/facts';
import type { JournalEntry } from '../../../agent/domain/journal-entry';
import { IMAGE, orderOf } from '../../support/lane-views';

const entry = (
  kind: JournalEntry['kind'],
  name: string,
  detail: unknown = null,
  migrationId = 'm-1',
): JournalEntry => ({
  atMs: 0,
  instanceId: 'i-1',
  migrationId,
  kind,
  name,
  detail,
});

const fold = (...entries: readonly JournalEntry[]): InstanceFacts => entries.reduce(foldEntry, NO_INSTANCE_FACTS);
const only = (...entries: readonly JournalEntry[]): Partial<ReturnType<typeof noFacts>> =>
  fold(...entries).migrations[0] ?? {};

describe('what the journal tells', () => {
  const intent = { migrationId: 'm-1', trigger: 'operator', strategy: 'registry', requestedDestination: null };
  const committed = { reference: 'r:1', configDigest: 'sha256:c' };
  const pushed = { repository: 'r', manifestDigest: 'sha256:m', configDigest: 'sha256:c' };
  const failure = { stage: 'push', reason: 'no' };

  it.each([
    ['fact', 'intent', intent, { intent }],
    ['fact', 'picked', { nodeId: 'n' }, { pickedNodeId: 'n' }],
    ['fact', 'pick-refused', { nodeId: 'n', reason: 'full' }, { refusals: [{ nodeId: 'n', reason: 'full' }] }],
    [
      'fact',
      'pick-refused',
      { nodeId: 'n', reason: 'BlosmError: full' },
      { refusals: [{ nodeId: 'n', reason: 'full' }] },
    ],
    ['fact', 'order', orderOf(), { order: orderOf() }],
    ['fact', 'image', IMAGE, { image: IMAGE }],
    ['fact', 'failure', failure, { failure }],
    ['fact', 'closed', {}, { closed: true }],
    ['step-done', 'propose', { transactionId: 'abc' }, { proposeTransactionId: 'abc' }],
    ['step-done', 'propose', { transactionId: null }, {}],
    ['step-done', 'propose', failure, {}],
    ['step-begun', 'drain', {}, { drainBegun: true }],
    ['step-done', 'commit', committed, { committed }],
    ['step-done', 'push', pushed, { pushed }],
    ['step-done', 'send-image', null, { imageSent: true }],
    ['step-begun', 'prepare', null, { prepareBegun: true }],
  ] as const)('%s %s', (kind, name, detail, change) => {
    expect(only(entry(kind, name, detail))).toEqual({ ...noFacts('m-1'), ...change });
  });

  it('collects all who refused', () => {
    const refused = (nodeId: string): JournalEntry => entry('fact', 'pick-refused', { nodeId });
    expect(only(refused('a'), refused('b'))).toMatchObject({
      refusals: [{ nodeId: 'a', reason: '' }, { nodeId: 'b' }],
    });
  });

  it.each([
    ['a step that only began', entry('step-begun', 'commit')],
    ['a step that failed', entry('step-failed', 'push')],
    ['a name of a newer agent', entry('fact', 'something-new')],
  ])('nothing by %s', (_what, one) => {
    expect(fold(one)).toEqual(NO_INSTANCE_FACTS);
  });

  it('knows that a container was made, with a migration and without', () => {
    expect(fold(entry('step-begun', 'create', null, ''))).toEqual(NO_INSTANCE_FACTS);
    expect(fold(entry('step-done', 'create', null, ''))).toEqual({
      ...NO_INSTANCE_FACTS,
      born: true,
    });
    expect(fold(entry('step-done', 'create', { epoch: 3 }, ''))).toMatchObject({ born: true, createdAtEpoch: 3 });
    expect(fold(entry('step-done', 'create'))).toMatchObject({ born: true });
    expect(fold(entry('step-done', 'create', null, ''), entry('fact', 'closed'))).toMatchObject({ born: true });
  });

  it('knows that this cluster has decided to create it, and at which epoch', () => {
    expect(fold(entry('fact', 'creation', { epoch: 2 }, ''))).toEqual({ ...NO_INSTANCE_FACTS, expectedAtEpoch: 2 });
  });

  it('knows that a removal is decided, and that it is not any more', () => {
    const decided = fold(entry('fact', 'retire', { cause: 'idle', epoch: 2 }, ''));
    expect(decided).toEqual({ ...NO_INSTANCE_FACTS, retirement: { cause: 'idle', epoch: 2 } });
    expect([entry('fact', 'retain', {}, '')].reduce(foldEntry, decided)).toEqual(NO_INSTANCE_FACTS);
  });

  it('keeps migrations apart', () => {
    const facts = fold(entry('fact', 'closed', {}, 'm-1'), entry('fact', 'picked', { nodeId: 'n' }, 'm-2'));
    expect(facts.migrations.map((m) => [m.migrationId, m.closed, m.pickedNodeId])).toEqual([
      ['m-1', true, null],
      ['m-2', false, 'n'],
    ]);
  });
});
