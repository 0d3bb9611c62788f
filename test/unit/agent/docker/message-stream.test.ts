import { PassThrough, Readable } from 'node:stream';
import { readMessages, type StreamMessage } from '../../../../agent/adapters/docker/message-stream';

const NEVER = new AbortController().signal;
const line = (message: object): string => `${JSON.stringify(message)}\r\n`;

async function read(stream: Readable, changes = {}): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  const reading = { what: 'push a', stage: 'push', idleMs: 10_000, signal: NEVER, ...changes };
  await readMessages(stream, reading, (message) => messages.push(message));
  return messages;
}

describe('message stream', () => {
  it('reads lines wherever the chunks are cut, inside a character too', async () => {
    const bytes = Buffer.from(line({ status: 'Größe' }) + line({ aux: { Digest: 'sha256:1' } }));
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(await read(Readable.from(single))).toEqual([{ status: 'Größe' }, { aux: { Digest: 'sha256:1' } }]);
  });

  it('reads a last line without an end of line', async () => {
    expect(await read(Readable.from([Buffer.from('{"status":"a"}\n{"status":"b"}')]))).toHaveLength(2);
  });

  it.each([{ errorDetail: { message: 'denied: no' }, error: 'denied: no' }, { error: 'denied: no' }])(
    'fails on a failure inside the answer',
    async (fault) => {
      const stream = Readable.from([Buffer.from(line({ status: 'Pushing' }) + line(fault) + line({ status: 'x' }))]);
      await expect(read(stream)).rejects.toMatchObject({ code: 'BLOSM_E_REGISTRY', message: /push a: denied: no/ });
      expect(stream.destroyed).toBe(true);
    },
  );

  it('fails when the answer stops inside a line', async () => {
    const stream = Readable.from([Buffer.from('{"status":"Push')]);
    await expect(read(stream)).rejects.toMatchObject({ code: 'BLOSM_E_ENGINE_UNREACHABLE' });
  });

  it('fails when the connection breaks', async () => {
    const stream = new PassThrough();
    stream.write(line({ status: 'Pushing' }));
    setImmediate(() => stream.destroy());
    await expect(read(stream)).rejects.toMatchObject({ code: 'BLOSM_E_ENGINE_UNREACHABLE' });
  });

  it('gives up when nothing moves', async () => {
    const stream = new PassThrough();
    stream.write(line({ status: 'Pushing' }));
    await expect(read(stream, { idleMs: 30 })).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    expect(stream.destroyed).toBe(true);
  });

  it('takes announced attempts for no progress, and the registry for their cause', async () => {
    const stream = new PassThrough();
    const announce = setInterval(() => stream.write(line({ status: 'Retrying in 5 seconds' })), 5);
    await expect(read(stream, { idleMs: 60 })).rejects.toMatchObject({ code: 'BLOSM_E_REGISTRY' });
    clearInterval(announce);
  });

  it('stops at the signal, also at one that came before', async () => {
    const cancel = new AbortController();
    const reading = read(new PassThrough(), { signal: cancel.signal });
    cancel.abort(new Error('enough'));
    await expect(reading).rejects.toMatchObject({ message: /enough/ });
    await expect(read(new PassThrough(), { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it('passes on what the listener throws', async () => {
    const stream = Readable.from([Buffer.from(line({ status: 'a' }))]);
    const reading = { what: 'push a', stage: 'push', idleMs: 1000, signal: NEVER };
    const listener = (): never => {
      throw new Error('mine');
    };
    await expect(readMessages(stream, reading, listener)).rejects.toThrow('mine');
  });
});
