import { Agent, request } from 'undici';
import { placeAt, type Place, type Waypoint } from './route';

/** One request of a vehicle and what became of it. Times in milliseconds; `sentAtMs` counts from the start. */
export interface Reading {
  readonly sentAtMs: number;
  /** End-to-end time (paper, section 5.3 (i)): from the request's start until the whole answer is there. */
  readonly endToEndMs: number;
  /** HTTP status; 0: no answer came. */
  readonly status: number;
  readonly servedBy: string;
  readonly instanceId: string;
  /** Gateway to which it was sent. */
  readonly gateway: string;
  /** The answer's JSON; null for none. */
  readonly body: unknown;
  /** What went wrong; empty: nothing. */
  readonly error: string;
}

export interface VehicleOptions {
  readonly deviceId: string;
  readonly serviceId: string;
  /** Path behind the service's name, e.g. `/recognize`. */
  readonly path: string;
  /** What the vehicle sends; asked for each request by its number. */
  readonly payload: (index: number) => { readonly contentType: string; readonly body: Buffer };
  readonly requestsPerSecond: number;
  /** Where it stands at the start. */
  readonly start: Place;
  /** The gateway in whose reach the vehicle is there. */
  readonly gatewayAt: (place: Place) => string;
  readonly onReading?: (reading: Reading) => void;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs?: number;
}

/**
 * A vehicle that drives and sends at a fixed rate whatever the answers: open loop, no retries, so that
 * an outage shows as it is. It keeps the token of its first answer.
 */
export class Vehicle {
  readonly readings: Reading[] = [];
  token = '';
  private route: readonly Waypoint[];
  private startedMs = NaN;
  private readonly connections = new Agent({ connections: 16, keepAliveTimeout: 4000 });
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly options: VehicleOptions) {
    this.route = [{ ...options.start, atMs: 0 }];
  }

  /** The last instance that answered; empty: none yet. */
  get instanceId(): string {
    return this.readings.findLast((reading) => reading.instanceId !== '')?.instanceId ?? '';
  }

  /** Sets out for a place, at a constant speed. */
  headFor(place: Place, durationMs: number): void {
    const nowMs = this.elapsedMs();
    const { latitude, longitude } = place;
    this.route = [
      { ...placeAt(this.route, nowMs), atMs: nowMs },
      { latitude, longitude, atMs: nowMs + durationMs },
    ];
  }

  /** Sends until the signal fires, then waits for the answers that are still due. */
  async drive(signal: AbortSignal): Promise<void> {
    this.startedMs = performance.now();
    const intervalMs = 1000 / this.options.requestsPerSecond;
    for (let index = 0; !signal.aborted; index += 1) {
      // Until the first answer there is no token, and every request without one asks for an instance of its own.
      if (this.token !== '' || this.underWay.size === 0) this.send(index);
      await pause((index + 1) * intervalMs - this.elapsedMs(), signal);
    }
    await Promise.all(this.underWay);
    await this.connections.close();
  }

  /** Milliseconds since the start. */
  private elapsedMs(): number {
    return Number.isNaN(this.startedMs) ? 0 : performance.now() - this.startedMs;
  }

  private send(index: number): void {
    const sending = this.exchange(index).then((reading) => {
      this.readings.push(reading);
      this.options.onReading?.(reading);
    });
    const tracked = sending.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  private async exchange(index: number): Promise<Reading> {
    const { deviceId, serviceId, path, payload, gatewayAt, timeoutMs = 60_000 } = this.options;
    const sentAtMs = this.elapsedMs();
    const place = placeAt(this.route, sentAtMs);
    const gateway = gatewayAt(place);
    const { contentType, body } = payload(index);
    const seen = { sentAtMs, gateway, status: 0, servedBy: '', instanceId: '', body: null, error: '' };
    const elapsed = (): number => this.elapsedMs() - sentAtMs;
    try {
      const answer = await request(`${gateway}/${serviceId}${path}`, {
        method: 'POST',
        dispatcher: this.connections,
        signal: AbortSignal.timeout(timeoutMs),
        body,
        headers: {
          'content-type': contentType,
          'x-blosm-device': deviceId,
          'x-blosm-position': `${place.latitude.toFixed(6)},${place.longitude.toFixed(6)}`,
          ...(this.token === '' ? {} : { 'x-blosm-token': this.token }),
        },
      });
      const text = await answer.body.text();
      const header = (name: string): string => String(answer.headers[name] ?? '');
      if (header('x-blosm-token') !== '') this.token = header('x-blosm-token');
      return {
        ...seen,
        endToEndMs: elapsed(),
        status: answer.statusCode,
        servedBy: header('x-blosm-served-by'),
        instanceId: header('x-blosm-instance'),
        body: parseJson(text),
        error: answer.statusCode === 200 ? '' : text.slice(0, 200),
      };
    } catch (error) {
      return { ...seen, endToEndMs: elapsed(), error: error instanceof Error ? error.message : String(error) };
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Returns early when the signal fires. */
async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done);
  });
}
