import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { makeCertificate } from '../../../support/certificates';
import { mirror, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

interface Device {
  readonly socket: TLSSocket;
  readonly shownSha256Hex: string;
  ask(path: string): Promise<string>;
}

async function connect(port: number, options: object = {}): Promise<Device> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const ask = async (path: string): Promise<string> => {
    text = '';
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    while (!text.includes('"body"')) await once(socket, 'data');
    return text;
  };
  stage.onEnd(() => socket.destroy());
  const { raw } = socket.getPeerX509Certificate()!;
  return { socket, shownSha256Hex: createHash('sha256').update(raw).digest('hex'), ask };
}

describe('TLS for devices', () => {
  it('shows a renewed certificate to new connections, and those that stand go on', async () => {
    const [old, renewed] = [await makeCertificate('edge1.test'), await makeCertificate('edge1.test')];
    const tls = { certificatePem: old.certificatePem, privateKeyPem: old.privateKeyPem };
    const service = await stage.service(mirror);
    const router = new ScriptedRouter(() => serveAt(service.port, { newToken: 'ins-1.t' }));
    const gateway = await stage.gateway(router, {}, { tls });
    const before = await connect(gateway.port);
    expect(before.shownSha256Hex).toBe(old.sha256Hex);
    const answer = await before.ask('/s/1');
    expect(answer).toContain('"X-Forwarded-Proto","https"');
    expect(answer).toContain('blosm_token_s=ins-1.t; Path=/; HttpOnly; SameSite=Lax; Secure');
    Object.assign(tls, { certificatePem: renewed.certificatePem, privateKeyPem: renewed.privateKeyPem });
    gateway.renew();
    expect((await connect(gateway.port)).shownSha256Hex).toBe(renewed.sha256Hex);
    expect(await before.ask('/s/2')).toContain('"url":"/2"');
  });

  it('is 1.2 at least, and nothing else is answered', async () => {
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(1)), {}, { tls: await makeCertificate('a') });
    expect((await connect(gateway.port, { maxVersion: 'TLSv1.2' })).socket.getProtocol()).toBe('TLSv1.2');
    await expect(connect(gateway.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
    await expect(fetch(gateway.url.replace('https', 'http'))).rejects.toThrow();
  });

  it('is not started with a key of another certificate', async () => {
    const [one, other] = [await makeCertificate('a'), await makeCertificate('b')];
    const tls = { certificatePem: one.certificatePem, privateKeyPem: other.privateKeyPem };
    await expect(stage.gateway(new ScriptedRouter(() => serveAt(1)), {}, { tls })).rejects.toMatchObject({
      code: 'BLOSM_E_CONFIG_INVALID',
      message: expect.stringContaining('certificate') as string,
    });
  });
});
