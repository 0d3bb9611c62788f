import { BlosmError } from '../../../chaincode/src/model';
import { shellLine, waitUntil } from '../../../network/processes';

describe('waitUntil', () => {
  it('gives what the check gives, after it failed and was undecided', async () => {
    let calls = 0;
    const check = () => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      return calls < 3 ? undefined : calls;
    };
    await expect(waitUntil(check, { deadlineMs: 5000, what: 'three calls' })).resolves.toBe(3);
  });

  it('names what it waited for and the last failure when the deadline passes', async () => {
    const check = () => Promise.reject(new Error('connection refused'));
    await expect(waitUntil(check, { deadlineMs: 40, what: 'the peer' })).rejects.toMatchObject({
      code: 'BLOSM_E_TIMEOUT',
      message: expect.stringMatching(/for the peer; last: connection refused/) as string,
    });
  });

  it('ends at once on a failure that cannot pass', async () => {
    let calls = 0;
    const check = () => {
      calls += 1;
      throw new BlosmError('BLOSM_E_COMMAND_FAILED', 'ended');
    };
    await expect(waitUntil(check, { deadlineMs: 60_000, what: 'it' })).rejects.toMatchObject({
      code: 'BLOSM_E_COMMAND_FAILED',
    });
    expect(calls).toBe(1);
  });

  it('is cancelled by its signal', async () => {
    const controller = new AbortController();
    const waiting = waitUntil(() => undefined, { deadlineMs: 60_000, what: 'nothing', signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });
});

describe('shellLine', () => {
  it('quotes what a shell would change', () => {
    expect(shellLine(['peer', '-c', '{"a":"it\'s"}'])).toBe(`peer -c '{"a":"it'\\''s"}'`);
  });
});
