import type { MigrationExplanationView, MigrationOutcomeView } from '../../ports/control';
import { age, time } from '../output/quantities';
import { facts } from '../output/table';

/** What an order for a migration came to: the sentence says where the service runs. */
export const outcomeText = ({ says }: MigrationOutcomeView): string => `${says}.\n`;

/** Where a migration stands. */
export function explanationText(view: MigrationExplanationView, nowMs: number): string {
  const { migrationId, instanceId, serviceId, state, runsAt, does, sinceMs, untilMs, lastError } = view;
  return [
    `${view.says}.\n`,
    facts([
      ['migration', migrationId],
      ['instance', `${instanceId} of ${serviceId}`],
      ['state', state],
      ['runs at', runsAt === '' ? 'nowhere: it was removed' : runsAt],
      ['does', does ?? 'nothing on this cluster'],
      ...(sinceMs === null ? [] : [['since', `${time(sinceMs)} (${age(sinceMs, nowMs)} ago)`] as const]),
      ...(untilMs === null ? [] : [['next at', time(untilMs)] as const]),
      ['last error', lastError === null ? 'none on this cluster' : errorText(lastError)],
      ...nextFacts(view.next, nowMs),
    ]),
    view.advice.map((sentence) => `- ${sentence}\n`).join(''),
  ].join('\n');
}

type Next = MigrationExplanationView['next'];

/** When the agent tries again by itself. */
function nextFacts(next: Next, nowMs: number): (readonly [string, string])[] {
  if (next === null) return [];
  const from = (atMs: number): string => (atMs <= nowMs ? 'from now on' : `from ${time(atMs)} on`);
  const { says, positionFromMs, newsFromMs } = next;
  return [
    ['tries again', says],
    ...(positionFromMs === null ? [] : [['- on a position', from(positionFromMs)] as const]),
    ...(newsFromMs === null ? [] : [['- on news', from(newsFromMs)] as const]),
  ];
}

const errorText = ({ stage, message, atMs }: NonNullable<MigrationExplanationView['lastError']>): string =>
  `${stage}, ${time(atMs)}: ${message}`;
