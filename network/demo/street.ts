import { covers } from '../../agent/domain/coverage';
import { distanceMeters, positionOfDegrees } from '../../agent/domain/geo';
import { gatewayUrl } from '../clusters';
import type { ClusterPlan, SandboxPlan } from '../sandbox';
import type { Place, Waypoint } from './route';

/** The clusters along the street, as a vehicle's radio sees them. */
export class Street {
  private readonly cells: readonly { plan: ClusterPlan; site: Place; coverageRadiusMeters: number }[];

  constructor(plan: SandboxPlan) {
    this.cells = plan.clusters.flatMap((cluster) => {
      const described = plan.topology.clusters.find(({ name }) => name === cluster.name);
      if (described === undefined) return [];
      const { site, coverageRadiusMeters } = described;
      return [{ plan: cluster, site, coverageRadiusMeters }];
    });
  }

  /** The gateway of the nearest cluster. */
  readonly gatewayAt = (place: Place): string => {
    const here = positionOfDegrees(place.latitude, place.longitude);
    const away = (site: Place): number => distanceMeters(here, positionOfDegrees(site.latitude, site.longitude));
    const nearest = [...this.cells].sort((a, b) => away(a.site) - away(b.site))[0];
    if (nearest === undefined) throw new RangeError('a street has at least one cluster');
    return gatewayUrl(nearest.plan);
  };

  /** At the foot of a cluster's mast. */
  siteOf(name: string): Place {
    const found = this.cells.find(({ plan }) => plan.name === name);
    if (found === undefined) throw new RangeError(`no cluster ${name}`);
    return found.site;
  }

  /** Waits at the first cluster, then drives to the next ones, arriving at the given times. */
  route(stops: readonly { readonly at: string; readonly arriveMs: number; readonly leaveMs: number }[]): Waypoint[] {
    return stops.flatMap(({ at, arriveMs, leaveMs }) => {
      const { latitude, longitude } = this.siteOf(at);
      return [arriveMs, leaveMs].map((atMs) => ({ latitude, longitude, atMs }));
    });
  }

  covers(name: string, place: Place): boolean {
    const cell = this.cells.find(({ plan }) => plan.name === name);
    if (cell === undefined) return false;
    const site = positionOfDegrees(cell.site.latitude, cell.site.longitude);
    const { coverageRadiusMeters } = cell;
    return covers({ site, coverageRadiusMeters }, positionOfDegrees(place.latitude, place.longitude));
  }
}
