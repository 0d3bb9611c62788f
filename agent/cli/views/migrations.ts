import type { MigrationDetailView, MigrationPlanView, MigrationView } from '../../ports/control';
import { age, bytes, duration, time } from '../output/quantities';
import { columnTable, facts, table } from '../output/table';

export const migrationTable = (migrations: readonly MigrationView[], nowMs: number, isWide = false): string =>
  columnTable(
    migrations,
    [
      ['MIGRATION', ({ migrationId }) => migrationId],
      ['SERVICE', ({ serviceId }) => serviceId],
      ['FROM', ({ sourceName }) => sourceName],
      ['TO', ({ destinationName }) => destinationName ?? '-'],
      ['STATE', ({ state }) => state],
      ['TOOK', took],
      ['AGE', ({ proposedAtMs }) => age(proposedAtMs, nowMs)],
      ['INSTANCE', ({ instanceId }) => instanceId, 'wide'],
      ['EPOCH', ({ epoch }) => String(epoch), 'wide'],
      ['STRATEGY', ({ strategy }) => strategy, 'wide'],
      ['TRIGGER', ({ trigger }) => trigger, 'wide'],
      ['PROPOSED', ({ proposedAtMs }) => time(proposedAtMs), 'wide'],
      ['DEADLINE', ({ deadlineMs }) => time(deadlineMs), 'wide'],
      ['WAITS FOR', ({ waitsFor, abort }) => waitsFor ?? abort?.reason ?? '-'],
    ],
    isWide,
  );

function took({ completedAtMs, proposedAtMs }: MigrationView): string {
  return completedAtMs === null ? '-' : duration(completedAtMs - proposedAtMs);
}

/** One migration in its own words. */
export function migrationText(migration: MigrationView): string {
  return facts([
    ['migration', migration.migrationId],
    ['instance', `${migration.instanceId} of ${migration.serviceId}, epoch ${migration.epoch}`],
    ['from', migration.sourceName],
    ['to', migration.destinationName ?? 'not decided'],
    ['state', migration.state],
    ['waits for', migration.waitsFor ?? 'nothing: it has ended'],
    ['strategy', `${migration.strategy}, trigger ${migration.trigger}`],
    ['proposed', time(migration.proposedAtMs)],
    ['deadline', time(migration.deadlineMs)],
    ['handed over', orNot(migration.handedOverAtMs)],
    ['completed', orNot(migration.completedAtMs)],
    ...abortFacts(migration),
  ]);
}

const orNot = (atMs: number | null): string => (atMs === null ? 'not yet' : time(atMs));

function abortFacts({ abort }: MigrationView): [string, string][] {
  return abort === null ? [] : [['aborted', `${time(abort.atMs)} at ${abort.stage}: ${abort.reason}`]];
}

/** The same with what each node said. */
export function migrationDetailText(migration: MigrationDetailView): string {
  const { confirmations, evaluations, prepares } = migration;
  const prepared = prepares.map(({ nodeName }) => nodeName);
  return [
    migrationText(migration),
    facts([
      ['confirmed by', confirmations.map(({ nodeName }) => nodeName).join(', ') || 'nobody yet'],
      ['prepared by', prepared.join(', ') || 'nobody yet'],
    ]),
    table(
      ['EVALUATED BY', 'VERDICT', 'POLICY', 'SIZE', 'CPU', 'GPU', 'TYPE', 'REASONS'],
      evaluations.map(({ nodeName, verdict, policy, checks, reasons }) => [
        nodeName,
        String(verdict),
        policy,
        pass(checks.size),
        pass(checks.cpu),
        pass(checks.gpu),
        pass(checks.applicationType),
        reasons.join('; ') || '-',
      ]),
    ),
  ].join('\n');
}

/** The same with the ids, the times and what the source shared about the container. */
export function migrationDetailWide(migration: MigrationDetailView): string {
  const { metadata, confirmations, evaluations, prepares } = migration;
  return [
    migrationDetailText(migration),
    facts([
      ['source', migration.sourceNodeId],
      ['destination', migration.destinationNodeId ?? 'not decided'],
      ['image', migration.configDigest ?? 'not pushed'],
      ['run spec', migration.specSha256],
      ['metadata', metadata === null ? 'not shared' : JSON.stringify(metadata)],
    ]),
    table(
      ['RECORD', 'NODE', 'TIME'],
      [
        ...confirmations.map(({ nodeName, confirmedAtMs }) => ['confirmed', nodeName, time(confirmedAtMs)]),
        ...evaluations.map(({ nodeName, evaluatedAtMs }) => ['evaluated', nodeName, time(evaluatedAtMs)]),
        ...prepares.map(({ nodeName, preparedAtMs }) => ['prepared', nodeName, time(preparedAtMs)]),
      ],
    ),
  ].join('\n');
}

/** How it stands on one line, for a log. */
export function migrationLine(migration: MigrationView, nowMs: number): string {
  const { migrationId, state, waitsFor, abort, destinationName } = migration;
  const parts = [
    `${time(nowMs)} ${migrationId} ${state}`,
    ...(destinationName === null ? [] : [`to ${destinationName}`]),
    ...(waitsFor === null ? [] : [`waits for ${waitsFor}`]),
    ...(abort === null ? [] : [`${abort.stage}: ${abort.reason}`]),
  ];
  return parts.join(', ');
}

const pass = (passed: boolean): string => (passed ? 'ok' : 'FAIL');

/** What --dry-run answers. */
export function planText(plan: MigrationPlanView): string {
  return [
    facts([
      ['instance', plan.instanceId],
      ['strategy', plan.strategy],
      ['to move', plan.bytesToMove === null ? 'unknown' : `at most ${bytes(plan.bytesToMove)}`],
    ]),
    table(
      ['DESTINATION', 'NODE', 'ELIGIBLE', 'DISTANCE', 'REASONS'],
      plan.destinations.map(({ name, nodeId, eligible, distanceMeters, reasons }) => [
        name,
        nodeId,
        eligible ? 'yes' : 'no',
        distanceMeters === null ? '-' : `${Math.round(distanceMeters)} m`,
        reasons.join('; ') || '-',
      ]),
    ),
    plan.notes.map((text) => `note: ${text}\n`).join(''),
    plan.steps.map((step, index) => `${index + 1}. ${step}\n`).join(''),
  ].join('\n');
}
