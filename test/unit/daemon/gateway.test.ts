import { systemClock } from '../../../agent/adapters/clock';
import { openPeerLinks } from '../../../agent/adapters/tls';
import { Gateway as GatewayKeys } from '../../../agent/config/schema/gateway';
import { openGateway } from '../../../agent/daemon/gateway';
import { makeCertificate } from '../../support/certificates';
import { mirror, RawDevice, ScriptedRouter, serveAt, Stage } from '../agent/gateway/stage';
import { quietLog, TestDirectory } from '../agent/peers/two-agents';

const stage = new Stage();
afterEach(() => stage.end());

const MEBIBYTE = 1_048_576;

/** The gateway as `blosm agent run` opens it. */
async function open(keys: object): Promise<string> {
  const { port } = await stage.service(mirror);
  const links = openPeerLinks({ identity: await makeCertificate('edge1'), directory: new TestDirectory() });
  const config = GatewayKeys.parse({ listen: '127.0.0.1:0', ...keys });
  const router = new ScriptedRouter(() => serveAt(port));
  const gateway = await openGateway(config, { router, links, log: quietLog, clock: systemClock });
  stage.onEnd(async () => {
    await gateway.close();
    links.close();
  });
  return `http://127.0.0.1:${gateway.address.port}`;
}

/** Announces a body and sends it once it is known that it is wanted: a refused one would break the connection. */
async function statusOf(url: string, sizeBytes: number, line = 'X-Short: 1'): Promise<number> {
  const { port, pathname } = new URL(url);
  const device = await RawDevice.connect(Number(port));
  const head = `POST ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n${line}\r\n`;
  device.socket.write(`${head}Content-Length: ${sizeBytes}\r\n\r\n`);
  const first = await device.until((text) => text.includes('\r\n\r\n'));
  if (first.startsWith('HTTP/1.1 100 ')) device.socket.write('x'.repeat(sizeBytes));
  const answer = await device.closed();
  return Number(/^(?:HTTP\/1.1 100 Continue\r\n\r\n)?HTTP\/1.1 (\d+) /.exec(answer)?.[1]);
}

it('limits what is configured for all, and for one service what is configured for it', async () => {
  const url = await open({
    limits: { bodyMiB: 1 },
    services: { narrow: { headerKiB: 4 }, wide: { bodyMiB: 2 }, open: { bodyMiB: 0 } },
  });
  const long = `X-Long: ${'x'.repeat(4096)}`;
  expect(await statusOf(`${url}/other/`, MEBIBYTE + 1)).toBe(413);
  expect(await statusOf(`${url}/narrow/`, MEBIBYTE + 1)).toBe(413);
  expect(await statusOf(`${url}/wide/`, MEBIBYTE + 1)).toBe(200);
  expect(await statusOf(`${url}/wide/`, 2 * MEBIBYTE + 1)).toBe(413);
  expect(await statusOf(`${url}/open/`, 3 * MEBIBYTE)).toBe(200);
  expect(await statusOf(`${url}/narrow/`, 1, long)).toBe(431);
  expect(await statusOf(`${url}/wide/`, 1, long)).toBe(200);
});
