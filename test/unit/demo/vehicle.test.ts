import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Vehicle, type VehicleOptions } from '../../../network/demo/vehicle';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function gateway(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const START = { latitude: -37.8136, longitude: 144.9631 };

function vehicleOf(gatewayAt: VehicleOptions['gatewayAt'], options: Partial<VehicleOptions> = {}): Vehicle {
  return new Vehicle({
    deviceId: 'car-1',
    serviceId: 'camera',
    path: '/recognize',
    payload: (index) => ({ contentType: 'text/plain', body: Buffer.from(String(index)) }),
    requestsPerSecond: 200,
    start: START,
    gatewayAt,
    ...options,
  });
}

/** Drives until so many readings are there. */
async function drive(vehicle: Vehicle, enough: () => boolean): Promise<void> {
  const controller = new AbortController();
  const driving = vehicle.drive(controller.signal);
  const deadline = Date.now() + 4000;
  while (!enough() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2));
  controller.abort();
  await driving;
}

it('says who and where it is, and keeps the token of its first answer', async () => {
  const seen: Record<string, unknown>[] = [];
  const url = await gateway((request, response) => {
    seen.push({ ...request.headers, url: request.url, method: request.method });
    response.setHeader('x-blosm-token', 'ins-1.secret').setHeader('x-blosm-served-by', 'Edge1MSP');
    response.setHeader('x-blosm-instance', 'ins-1').end('{"count":1}');
  });
  const vehicle = vehicleOf(() => url);
  await drive(vehicle, () => vehicle.readings.length >= 3);
  expect(seen[0]).toMatchObject({
    method: 'POST',
    url: '/camera/recognize',
    'x-blosm-device': 'car-1',
    'x-blosm-position': '-37.813600,144.963100',
    'content-type': 'text/plain',
  });
  expect(seen[0]).not.toHaveProperty('x-blosm-token');
  expect(seen.slice(1).every((headers) => headers['x-blosm-token'] === 'ins-1.secret')).toBe(true);
  expect(vehicle.instanceId).toBe('ins-1');
  expect(vehicle.readings[0]).toMatchObject({ status: 200, servedBy: 'Edge1MSP', body: { count: 1 }, error: '' });
});

it('goes on sending at its rate while answers are missing: an outage shows', async () => {
  let requests = 0;
  let outage = true;
  const waiting: (() => void)[] = [];
  const url = await gateway((_request, response) => {
    requests += 1;
    const answer = (): void => void response.setHeader('x-blosm-token', 'a.b').end('{}');
    if (requests > 1 && outage) waiting.push(answer);
    else answer();
  });
  const vehicle = vehicleOf(() => url);
  await drive(vehicle, () => {
    // The sixth leaves although the second has no answer yet.
    if (waiting.length < 5) return false;
    outage = false;
    waiting.forEach((answer) => answer());
    return true;
  });
  expect(outage).toBe(false);
  expect(vehicle.readings).toHaveLength(requests);
});

it('asks for one instance only: until it has a token one request is under way', async () => {
  let requests = 0;
  let answer: (() => void) | undefined;
  const url = await gateway((_request, response) => {
    requests += 1;
    answer ??= () => void response.setHeader('x-blosm-token', 'a.b').end('{}');
    if (requests > 1) response.end('{}');
  });
  const vehicle = vehicleOf(() => url);
  let polls = 0;
  await drive(vehicle, () => {
    polls += 1;
    if (polls === 25) {
      expect(requests).toBe(1);
      answer!();
    }
    return requests > 2;
  });
  expect(requests).toBeGreaterThan(2);
});

it('records what fails and sends nothing again', async () => {
  let requests = 0;
  const url = await gateway((request, response) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else response.writeHead(503).end('{"code":"BLOSM_E_NO_ROOM"}');
  });
  const vehicle = vehicleOf(() => url);
  await drive(vehicle, () => vehicle.readings.length >= 2);
  expect(vehicle.readings).toHaveLength(requests);
  expect(vehicle.readings[0]).toMatchObject({ status: 0, body: null });
  expect(vehicle.readings[0]!.error).not.toBe('');
  expect(vehicle.readings[1]).toMatchObject({ status: 503, body: { code: 'BLOSM_E_NO_ROOM' } });
  expect(vehicle.readings[1]!.error).toContain('BLOSM_E_NO_ROOM');
});

it('drives: its position moves and it changes to the gateway in reach', async () => {
  const places: string[][] = [[], []];
  const urls = await Promise.all(
    places.map((list) =>
      gateway((request, response) => {
        list.push(String(request.headers['x-blosm-position']));
        response.setHeader('x-blosm-token', 'a.b').end('{}');
      }),
    ),
  );
  const vehicle = vehicleOf((place) => urls[place.longitude > 145 ? 1 : 0]!);
  vehicle.headFor({ latitude: -37.8136, longitude: 146 }, 60);
  await drive(vehicle, () => places[1]!.includes('-37.813600,146.000000'));
  expect(places[0]![0]).toMatch(/^-37.813600,144.96/);
  expect(new Set([...places[0]!, ...places[1]!]).size).toBeGreaterThan(3);
});
