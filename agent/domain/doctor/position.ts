import type { NodeRecord } from '../../../chaincode/src/model';
import { distanceMeters } from '../geo';
import { findingsOr, ok, warn, type Finding } from './finding';

export type Site = Pick<NodeRecord, 'nodeId' | 'name' | 'site' | 'coverageRadiusMeters'>;

/** Addresses for documentation (RFC 5737, 3): the template has one, nobody's cluster does. */
const EXAMPLE_ADDRESS = /^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$/;

const SET =
  'Set cluster.site and cluster.coverageRadiusMeters in the configuration, then restart the agent: systemctl restart blosm-agent.';

/** Whether position and radius can be meant, as far as the other clusters' tell. */
export function judgePosition(own: Site, sourceIp: string, others: readonly Site[]): readonly Finding[] {
  const where = `the site is ${degrees(own.site.latE6)}, ${degrees(own.site.lonE6)}, the radius ${own.coverageRadiusMeters} m`;
  const findings = [
    ...(own.site.latE6 === 0 && own.site.lonE6 === 0 ? [warn(`${where}: that is in the Gulf of Guinea`, SET)] : []),
    ...(EXAMPLE_ADDRESS.test(sourceIp)
      ? [
          warn(
            `cluster.sourceIp is still the example ${sourceIp}`,
            'Set cluster.sourceIp to the address under which the other clusters reach this one.',
          ),
        ]
      : []),
    ...others.flatMap((other) => judgeNeighbour(own, other)),
    ...judgeGap(own, others),
  ];
  return findingsOr(findings, ok(where));
}

function judgeNeighbour(own: Site, other: Site): Finding[] {
  const distance = Math.round(distanceMeters(own.site, other.site));
  if (distance === 0)
    return [warn(`${other.name} (${other.nodeId}) says that it stands at the same place`, SET, other.nodeId)];
  if (distance > own.coverageRadiusMeters) return [];
  return [
    warn(
      `${other.name} (${other.nodeId}) stands ${distance} m away, inside the radius of ${own.coverageRadiusMeters} m: services would hardly move there`,
      SET,
      other.nodeId,
    ),
  ];
}

/** A device between two clusters that nobody covers is far from both. */
function judgeGap(own: Site, others: readonly Site[]): Finding[] {
  const gaps = others.map((other) => ({
    other,
    meters: Math.round(distanceMeters(own.site, other.site) - own.coverageRadiusMeters - other.coverageRadiusMeters),
  }));
  const [nearest] = gaps.sort((a, b) => a.meters - b.meters);
  if (nearest === undefined || nearest.meters <= 0) return [];
  const { other, meters } = nearest;
  return [
    warn(
      `${meters} m lie between the coverage of this cluster and that of the nearest, ${other.name} (${other.nodeId}): there devices keep to the cluster they left`,
      SET,
      other.nodeId,
    ),
  ];
}

const degrees = (e6: number): string => (e6 / 1e6).toFixed(4);
