import { foldEntry, NO_INSTANCE_FACTS, type InstanceFacts } from '../../../agent/domain/facts';
import type { JournalEntry } from '../../../agent/domain/journal-entry';
import { retained } from '../../../agent/domain/retention';

const HOUR = 3_600_000;
const NOW_MS = 1000 * HOUR;
const KEEP = { forMs: 24 * HOUR, entries: 100 };

type Spec = readonly [ageHours: number, instanceId: string, migrationId: string, what: string, detail?: unknown];

const entryOf = ([ageHours, instanceId, migrationId, what, detail = {}]: Spec): JournalEntry => {
  const [kind = '', name = ''] = what.split(' ');
  return { atMs: NOW_MS - ageHours * HOUR, instanceId, migrationId, kind: kind as JournalEntry['kind'], name, detail };
};

function fold(entries: readonly JournalEntry[]): Map<string, InstanceFacts> {
  const facts = new Map<string, InstanceFacts>();
  for (const entry of entries) {
    facts.set(entry.instanceId, foldEntry(facts.get(entry.instanceId) ?? NO_INSTANCE_FACTS, entry));
  }
  return facts;
}

function keptOf(specs: readonly Spec[], here: readonly string[] = [], retention = KEEP): string[] {
  const entries = specs.map(entryOf);
  const facts = fold(entries);
  const keep = retained({ entries, facts, nowMs: NOW_MS, here: new Set(here) }, retention);
  return entries.filter(keep).map((e) => `${e.instanceId} ${e.migrationId} ${e.kind} ${e.name}`);
}

/** A migration of long ago that has come to its end. */
const ended = (instanceId: string, migrationId: string, ageHours = 500): Spec[] => [
  [ageHours, instanceId, migrationId, 'fact intent'],
  [ageHours, instanceId, migrationId, 'step-begun propose'],
  [ageHours, instanceId, migrationId, 'step-done commit', { reference: 'r', configDigest: 'c' }],
  [ageHours, instanceId, migrationId, 'fact image'],
  [ageHours, instanceId, migrationId, 'fact closed'],
];

it('everything of a migration that is not closed stays, however old', () => {
  const open = ended('i-1', 'm-1').slice(0, -1);
  expect(keptOf(open)).toHaveLength(4);
});

it('of one that has ended, and of whose instance nothing is here, nothing stays once it is old', () => {
  expect(keptOf(ended('i-1', 'm-1'))).toEqual([]);
  expect(keptOf(ended('i-1', 'm-1', 1))).toHaveLength(5);
});

it('the newest entries stay for the timelines, but not more than so many', () => {
  const steps = Array.from({ length: 30 }, (_, at): Spec => [30 - at, 'i-1', '', 'step-done start']);
  expect(keptOf(steps)).toHaveLength(24);
  expect(keptOf(steps, [], { forMs: 1000 * HOUR, entries: 10 })).toHaveLength(10);
  expect(keptOf(steps, [], { forMs: 1000 * HOUR, entries: 30 })).toHaveLength(30);
});

it('of an instance that is here the facts stay that outlive a migration', () => {
  const kept = keptOf(ended('i-1', 'm-1'), ['i-1']);
  expect(kept).toEqual(['i-1 m-1 step-done commit', 'i-1 m-1 fact image', 'i-1 m-1 fact closed']);
});

it('but only of its last few migrations: it may come and go for ever', () => {
  const migrations = Array.from({ length: 50 }, (_, at) => ended('i-1', `m-${at}`, 500 - at)).flat();
  expect(keptOf(migrations, ['i-1', 'i-unknown'])).toHaveLength(5 * 3);
});

it('the last birth of its container stays, so that a loss is known to be one', () => {
  const births: Spec[] = [
    [700, 'i-1', '', 'fact creation', { epoch: 3 }],
    [600, 'i-1', '', 'step-done create', { epoch: 1 }],
    [500, 'i-1', '', 'step-done create', { epoch: 3 }],
    [500, 'i-2', '', 'step-done create', { epoch: 1 }],
  ];
  expect(keptOf(births, ['i-1'])).toEqual(['i-1  fact creation', 'i-1  step-done create']);
  const entries = births.map(entryOf);
  const keep = retained({ entries, facts: fold(entries), nowMs: NOW_MS, here: new Set(['i-1']) }, KEEP);
  expect(fold(entries.filter(keep)).get('i-1')).toMatchObject({ born: true, createdAtEpoch: 3, expectedAtEpoch: 3 });
});

it('so does the last word on its removal', () => {
  const words: Spec[] = [
    [600, 'i-1', '', 'fact retire', { cause: 'idle', epoch: 1 }],
    [500, 'i-1', '', 'fact retain'],
    [500, 'i-2', '', 'fact retire', { cause: 'idle', epoch: 1 }],
  ];
  expect(keptOf(words, ['i-1', 'i-2'])).toEqual(['i-1  fact retain', 'i-2  fact retire']);
});

it('what stays says the same of what is open and of what is here', () => {
  const specs: Spec[] = [
    [700, 'i-1', '', 'step-done create', { epoch: 1 }],
    ...ended('i-1', 'm-1', 600),
    ...ended('i-1', 'm-2', 550).slice(0, -1),
    ...ended('i-2', 'm-3', 500),
  ];
  const entries = specs.map(entryOf);
  const before = fold(entries);
  const keep = retained({ entries, facts: before, nowMs: NOW_MS, here: new Set(['i-1']) }, KEEP);
  const after = fold(entries.filter(keep));
  expect(after.get('i-2')).toBeUndefined();
  const of = (facts: ReadonlyMap<string, InstanceFacts>) => facts.get('i-1');
  expect(of(after)?.born).toBe(true);
  const open = (facts: InstanceFacts | undefined) => facts?.migrations.filter((m) => !m.closed);
  expect(open(of(after))).toEqual(open(of(before)));
  expect(of(after)?.migrations.map((m) => [m.migrationId, m.closed])).toEqual([
    ['m-1', true],
    ['m-2', false],
  ]);
});
