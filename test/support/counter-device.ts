import { request } from 'undici';

/** What the counter service answered, and who. */
export interface CounterAnswer {
  readonly status: number;
  readonly count: number | null;
  readonly servedBy: string;
  readonly instanceId: string;
}

/** A device that appends to its counter: remembers its token and every count that was acknowledged. */
export class CounterDevice {
  readonly acknowledged: number[] = [];
  token = '';
  instanceId = '';

  constructor(
    private readonly deviceId: string,
    public gatewayUrl: string,
    public position: { latitude: number; longitude: number },
    private readonly serviceId = 'counter',
  ) {}

  /** One write; never retried. */
  async count(): Promise<CounterAnswer> {
    const { statusCode, headers, body } = await request(`${this.gatewayUrl}/${this.serviceId}/count`, {
      method: 'POST',
      headers: {
        'x-blosm-device': this.deviceId,
        'x-blosm-position': `${this.position.latitude},${this.position.longitude}`,
        ...(this.token === '' ? {} : { 'x-blosm-token': this.token }),
      },
      headersTimeout: 90_000,
    });
    const text = await body.text();
    const header = (name: string): string => String(headers[name] ?? '');
    if (header('x-blosm-token') !== '') this.token = header('x-blosm-token');
    if (header('x-blosm-instance') !== '') this.instanceId = header('x-blosm-instance');
    const count = statusCode === 200 ? (JSON.parse(text) as { count: number }).count : null;
    if (count !== null) this.acknowledged.push(count);
    return { status: statusCode, count, servedBy: header('x-blosm-served-by'), instanceId: this.instanceId };
  }

  /** Writes at a fixed pace until stopped; failures are part of the experiment. Gives the statuses seen. */
  async writeUntil(signal: AbortSignal, pauseMs = 100): Promise<number[]> {
    const statuses: number[] = [];
    while (!signal.aborted) {
      statuses.push(
        await this.count().then(
          ({ status }) => status,
          () => 0,
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return statuses;
  }

  /** Every acknowledged write is in the file, once: counts rise without a repetition. */
  hasLostNothing(): boolean {
    return this.acknowledged.every((count, index) => index === 0 || count > (this.acknowledged[index - 1] ?? 0));
  }
}
