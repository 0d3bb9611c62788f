import { setTimeout as pause } from 'node:timers/promises';
import type { MigrationView, TimelineView } from '../../agent/ports/control';
import type { ClusterPlan, Sandbox } from '../sandbox';
import { awaitMigration, timelineOf } from './ledger-view';
import { milliseconds, seconds, type Expectations, type ResultRow } from './outcome';
import { longestGapMs, summarizeReadings } from './readings';
import { Street } from './street';
import { Vehicle, type Reading } from './vehicle';

/** How long a vehicle drives from one mast to the next, and how long it is watched before and after; milliseconds. */
const DRIVE_MS = 8000;
const WATCH_MS = 5000;
const REQUESTS_PER_SECOND = 10;

export interface Stage {
  readonly sandbox: Sandbox;
  readonly images: readonly Buffer[];
  readonly expectations: Expectations;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

interface ActOne {
  readonly camera: Vehicle;
  readonly counter: Vehicle;
  readonly migration: MigrationView;
  readonly timeline: TimelineView;
  readonly rows: readonly ResultRow[];
}

export const clusterOf = ({ plan }: Sandbox, name: string): ClusterPlan => {
  const found = plan.clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new RangeError(`the demo needs a cluster ${name} in its topology`);
  return found;
};

/** A camera that sends its images to the image recognition. */
export function cameraVehicle(stage: Stage, deviceId: string, at: string): Vehicle {
  const street = new Street(stage.sandbox.plan);
  const images = stage.images;
  return new Vehicle({
    deviceId,
    serviceId: 'image-recognition',
    path: '/recognize',
    payload: (index) => ({ contentType: 'image/bmp', body: images[index % images.length] ?? Buffer.alloc(0) }),
    requestsPerSecond: REQUESTS_PER_SECOND,
    start: street.siteOf(at),
    gatewayAt: street.gatewayAt,
  });
}

/** A vehicle whose service keeps state: every request appends a line to a file. */
export function counterVehicle(stage: Stage, deviceId: string, at: string): Vehicle {
  const street = new Street(stage.sandbox.plan);
  return new Vehicle({
    deviceId,
    serviceId: 'counter',
    path: '/count',
    payload: (index) => ({ contentType: 'text/plain', body: Buffer.from(`${deviceId} ${index}`) }),
    requestsPerSecond: REQUESTS_PER_SECOND,
    start: street.siteOf(at),
    gatewayAt: street.gatewayAt,
  });
}

/** Act 1: two vehicles leave the coverage of edge1; their containers follow them to edge2. */
export async function actOne(stage: Stage, camera: Vehicle, counter: Vehicle): Promise<ActOne> {
  const { sandbox, expectations, say, signal } = stage;
  const [edge1, street] = [clusterOf(sandbox, 'edge1'), new Street(sandbox.plan)];
  say('Act 1: two vehicles drive from edge1 to edge2; their containers follow (strategy registry, Fig. 9a)');
  await firstAnswer(camera, signal);
  await firstAnswer(counter, signal);
  await pause(WATCH_MS, undefined, { signal });
  const before = summarizeReadings(camera.readings);
  for (const vehicle of [camera, counter]) vehicle.headFor(street.siteOf('edge2'), DRIVE_MS);
  const migration = await awaitArrival(edge1, camera, 'edge2', signal);
  await awaitArrival(edge1, counter, 'edge2', signal);
  const settledFrom = camera.readings.length;
  await pause(WATCH_MS, undefined, { signal });
  const after = summarizeReadings(camera.readings.slice(settledFrom));
  const timeline = await timelineOf(edge1, migration.migrationId);
  expectations.expect(
    migration.destinationName === 'edge2',
    'the container moved to edge2, the nearest that covers it',
  );
  expectations.expect(lastServedBy(camera) === 'edge2', 'the camera is served by edge2');
  expectations.expect(lastServedBy(counter) === 'edge2', 'the counter is served by edge2');
  expectations.expect(after.failed === 0, 'no request failed after the move');
  const total = (migration.completedAtMs ?? NaN) - migration.proposedAtMs;
  const refused = camera.readings.filter((reading) => reading.status === 503).length;
  return {
    camera,
    counter,
    migration,
    timeline,
    rows: [
      { what: 'container migration, total', ours: seconds(total), paper: '75.11 s (4.4 GB), 70.46 s (2.13 GB)' },
      { what: '- service outage (registry stops first)', ours: seconds(timeline.outageMs ?? NaN), paper: '= total' },
      { what: '- longest gap that the vehicle saw', ours: seconds(longestGapMs(camera.readings)), paper: '-' },
      { what: '- requests told to come back (503, Retry-After)', ours: String(refused), paper: '-' },
      { what: 'end-to-end time before the move, mean', ours: milliseconds(before.meanMs), paper: '1086.3 ms' },
      { what: 'end-to-end time after the move, mean', ours: milliseconds(after.meanMs), paper: '951.3 ms' },
    ],
  };
}

/** Act 2: edge2 is full; a new vehicle's requests migrate to the next nearest cluster that has room. */
export async function actTwo(stage: Stage): Promise<readonly ResultRow[]> {
  const { expectations, say, signal } = stage;
  say('Act 2: edge2 is full; a third vehicle arrives there and its requests migrate');
  const stop = new AbortController();
  const street = new Street(stage.sandbox.plan);
  const vehicle = cameraVehicle(stage, 'vehicle-3', 'edge2');
  const driving = vehicle.drive(AbortSignal.any([signal, stop.signal]));
  await firstAnswer(vehicle, signal);
  await pause(WATCH_MS, undefined, { signal });
  // The same instance, asked without the way over edge2: what is left is what the migration of the request costs.
  vehicle.headFor(street.siteOf('edge1'), 0);
  await pause(WATCH_MS, undefined, { signal });
  stop.abort();
  await driving;
  const edge2 = street.gatewayAt(street.siteOf('edge2'));
  const migrated = vehicle.readings.slice(1).filter(({ gateway }) => gateway === edge2);
  const direct = vehicle.readings.slice(1).filter(({ gateway }) => gateway !== edge2);
  const servedBy = new Set(vehicle.readings.filter((r) => r.status === 200).map((r) => r.servedBy));
  expectations.expect(servedBy.size === 1 && servedBy.has('edge1'), 'its requests are answered by edge1');
  expectations.expect(summarizeReadings(vehicle.readings).failed === 0, 'none of its requests failed');
  const added = summarizeReadings(migrated).p50Ms - summarizeReadings(direct).p50Ms;
  return [
    { what: 'request migration, added time (p50)', ours: milliseconds(added), paper: '361 ms (mean)' },
    {
      what: '- the first request, with its new instance',
      ours: milliseconds(vehicle.readings[0]?.endToEndMs ?? NaN),
      paper: '-',
    },
  ];
}

/** Act 3: edge3 cannot run the service: it evaluates false and forwards; the counter, which it can run, moves on. */
export async function actThree(stage: Stage, camera: Vehicle, counter: Vehicle): Promise<readonly ResultRow[]> {
  const { sandbox, expectations, say, signal } = stage;
  const [edge2, street] = [clusterOf(sandbox, 'edge2'), new Street(sandbox.plan)];
  say('Act 3: both drive on to edge3, which cannot run image recognition: it says so and forwards');
  const from = camera.readings.length;
  for (const vehicle of [camera, counter]) vehicle.headFor(street.siteOf('edge3'), DRIVE_MS);
  const refused = await awaitMigration(
    edge2,
    camera.instanceId,
    'a migration without a destination',
    ({ state }) => state === 'ABORTED',
    signal,
  );
  const moved = await awaitArrival(edge2, counter, 'edge3', signal);
  await pause(WATCH_MS, undefined, { signal });
  const atEdge3 = (reading: Reading): boolean => reading.gateway === street.gatewayAt(street.siteOf('edge3'));
  const forwarded = camera.readings.slice(from).filter(atEdge3);
  expectations.expect(refused.abort?.stage === 'evaluate', `no destination: ${refused.abort?.reason ?? ''}`);
  expectations.expect(
    forwarded.length > 0 && forwarded.every((r) => r.servedBy === 'edge2'),
    'edge3 forwards to edge2',
  );
  expectations.expect(summarizeReadings(forwarded).failed === 0, 'no forwarded request failed');
  expectations.expect(
    moved.destinationName === 'edge3' && lastServedBy(counter) === 'edge3',
    'the counter is on edge3',
  );
  const { meanMs } = summarizeReadings(forwarded);
  return [{ what: 'end-to-end time when forwarded, mean', ours: milliseconds(meanMs), paper: '-' }];
}

/** Nothing lost: every acknowledged count came once, in the file's order, and the last one counts them all. */
export function countOfCounter(counter: Vehicle): { acknowledged: number; last: number; hasLost: boolean } {
  const counts = counter.readings.flatMap(({ status, body }) =>
    status === 200 && typeof body === 'object' && body !== null && 'count' in body ? [Number(body.count)] : [],
  );
  const last = Math.max(0, ...counts);
  return { acknowledged: counts.length, last, hasLost: new Set(counts).size !== counts.length || last < counts.length };
}

/** Waits until the vehicle's instance has moved to the cluster. */
function awaitArrival(
  operator: ClusterPlan,
  vehicle: Vehicle,
  name: string,
  signal: AbortSignal,
): Promise<MigrationView> {
  const hasArrived = ({ state, destinationName }: MigrationView): boolean =>
    state === 'COMPLETED' && destinationName === name;
  return awaitMigration(operator, vehicle.instanceId, `moved to ${name}`, hasArrived, signal);
}

async function firstAnswer(vehicle: Vehicle, signal: AbortSignal): Promise<void> {
  while (!vehicle.readings.some((reading) => reading.status === 200)) {
    await pause(50, undefined, { signal });
  }
}

const lastServedBy = (vehicle: Vehicle): string =>
  vehicle.readings.findLast((reading) => reading.status === 200)?.servedBy ?? '';
