import fc from 'fast-check';
import { createRandom, systemClock } from '../../../../agent/adapters/clock';
import { createLog } from '../../../../agent/adapters/log';
import { BlosmError, Id } from '../../../../chaincode/src/model';

test('ids are valid, unique and sort by time, also when the clock stands still or steps back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 45 }), { minLength: 2, maxLength: 50 }), (times) => {
      let i = 0;
      const random = createRandom({ nowMs: () => times[i++] ?? 0 });
      const ids = times.map(() => random.id('mig'));
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(ids);
      for (const id of ids) expect(Id.safeParse(id).success).toBe(true);
    }),
  );
});

test('two makers never give the same id, and secrets have 256 bits', () => {
  const [a, b] = [createRandom(systemClock), createRandom(systemClock)];
  expect(a.id('mig')).not.toBe(b.id('mig'));
  expect(Buffer.from(a.secret(), 'base64url')).toHaveLength(32);
  const fractions = Array.from({ length: 100 }, () => a.fraction());
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...fractions)).toBeLessThan(1);
});

test('a sleep ends by itself, or with BLOSM_E_CANCELLED by its signal', async () => {
  await systemClock.sleep(1);
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort();
  await expect(sleeping).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  await expect(systemClock.sleep(1, AbortSignal.abort())).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
});

test('a log line is one JSON object without secrets', () => {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    fields: { node: 'Edge1MSP' },
    destination: { write: (line: string) => void lines.push(line) },
  });
  log.debug({}, 'not shown');
  log.warn({ token: 'abc', spec: { env: ['A=1'] }, error: new BlosmError('BLOSM_E_ENGINE', 'no') }, 'stopped');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    node: 'Edge1MSP',
    msg: 'stopped',
    token: '[secret]',
    spec: { env: '[secret]' },
    error: { code: 'BLOSM_E_ENGINE', message: 'BLOSM_E_ENGINE: no' },
  });
});

test('a defect keeps its stack in the log', () => {
  const lines: string[] = [];
  createLog({ level: 'error', destination: { write: (line: string) => void lines.push(line) } }).error(
    { error: new TypeError('x') },
    'failed',
  );
  expect(lines[0]).toMatch(/"name":"TypeError".*"stack":"TypeError: x.n +at /);
});
