import { Deadline, untilAborted } from '../../../../agent/adapters/fabric-grpc/cancellation';

describe('a deadline', () => {
  it('fires its signal when the time is over', async () => {
    const deadline = new Deadline({ timeoutMs: 5 }, 10_000);
    expect(deadline.timeoutMs).toBe(5);
    await expect(untilAborted(new Promise(() => undefined), deadline.signal)).rejects.toMatchObject({
      code: 'BLOSM_E_CANCELLED',
    });
    expect([deadline.isOver, deadline.isCancelled, deadline.leftMs]).toEqual([true, false, 1]);
    deadline.end();
  });

  it('fires when the caller cancels, and knows the difference', () => {
    const caller = new AbortController();
    const deadline = new Deadline({ signal: caller.signal }, 10_000);
    expect(deadline.isOver).toBe(false);
    caller.abort();
    expect([deadline.isOver, deadline.isCancelled]).toEqual([true, true]);
    deadline.end();
  });

  it('is over at once when the caller has cancelled before', () => {
    const deadline = new Deadline({ signal: AbortSignal.abort() }, 10_000);
    expect([deadline.isOver, deadline.isCancelled]).toEqual([true, true]);
    deadline.end();
  });
});

it('a promise that comes in time is handed on, its error too', async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(untilAborted(Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
});
