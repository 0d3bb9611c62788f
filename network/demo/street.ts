import { distanceMeters, positionOfDegrees } from '../../agent/domain/geo';
import { gatewayUrl } from '../clusters';
import type { ClusterPlan, SandboxPlan } from '../sandbox';
import type { Place } from './route';

/** The clusters along the street, as a vehicle's radio sees them. */
export class Street {
  private readonly cells: readonly { readonly plan: ClusterPlan; readonly site: Place }[];

  constructor(plan: SandboxPlan) {
    this.cells = plan.clusters.flatMap((cluster) => {
      const described = plan.topology.clusters.find(({ name }) => name === cluster.name);
      return described === undefined ? [] : [{ plan: cluster, site: described.site }];
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
}
