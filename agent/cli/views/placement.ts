import type { PlacementView } from '../../ports/control';
import { duration } from '../output/quantities';
import { facts, table } from '../output/table';

type PlaceView = PlacementView['places'][number];

/** Where it goes, and what speaks against each cluster. */
export function placementText(view: PlacementView): string {
  return [
    facts([
      [view.instanceId === null ? 'first request' : 'instance', view.instanceId ?? `of ${view.serviceId}`],
      ['service', view.serviceId],
      ['owner', view.ownerName ?? 'none yet'],
      ['device', whereabouts(view)],
      ['decision', view.decision],
    ]),
    table(
      ['CLUSTER', 'WOULD TAKE', 'COVERS', 'DISTANCE', 'REASONS', 'LAST SAID'],
      view.places.map((place) => [
        place.name,
        place.isOwner ? 'owner' : yesNo(place.eligible),
        yesNo(place.covers),
        place.distanceMeters === null ? '-' : `${Math.round(place.distanceMeters)} m`,
        place.reasons.join('; ') || '-',
        lastSaid(place),
      ]),
    ),
  ].join('\n');
}

const yesNo = (answer: boolean | null): string => {
  if (answer === null) return '-';
  return answer ? 'yes' : 'no';
};

function whereabouts({ positionFrom, positionAgeMs }: PlacementView): string {
  if (positionFrom === 'given') return 'as if it were where you say';
  return positionAgeMs === null ? 'its place is not known here' : `told its place ${duration(positionAgeMs)} ago`;
}

function lastSaid({ lastEvaluation: said }: PlaceView): string {
  if (said === null) return '-';
  return [String(said.verdict), ...said.reasons].join(': ');
}
