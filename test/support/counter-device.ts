import { request, WebSocket } from 'undici';

/** What the counter service answered, and who. */
export interface CounterAnswer {
  readonly status: number;
  readonly count: number | null;
  readonly servedBy: string;
  readonly instanceId: string;
  /** `behind` where the cluster has not caught up since it started; else empty. */
  readonly ledger: string;
}

/** An open WebSocket on which the counter tells what is counted. */
export interface CountListener {
  readonly counts: number[];
  /** How it was closed. */
  readonly end: Promise<{ readonly code: number; readonly wasClean: boolean }>;
  close(): void;
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
    return {
      status: statusCode,
      count,
      servedBy: header('x-blosm-served-by'),
      instanceId: this.instanceId,
      ledger: header('x-blosm-ledger'),
    };
  }

  /** Opens a WebSocket, to be told of each count from now on; undefined: it was refused. */
  async listen(): Promise<CountListener | undefined> {
    const { href } = new URL(`${this.gatewayUrl.replace(/^http/, 'ws')}/${this.serviceId}/live`);
    const socket = new WebSocket(href, { headers: { 'x-blosm-token': this.token } });
    const counts: number[] = [];
    socket.addEventListener('message', ({ data }) => {
      counts.push((JSON.parse(String(data)) as { count: number }).count);
    });
    const end = new Promise<{ code: number; wasClean: boolean }>((resolve) => {
      socket.addEventListener('close', ({ code, wasClean }) => resolve({ code, wasClean }));
    });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.addEventListener('open', () => resolve(true));
      void end.then(() => resolve(false));
    });
    return isOpen ? { counts, end, close: () => socket.close() } : undefined;
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
