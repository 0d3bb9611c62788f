import { createLog, type LoggedLine } from '../../../../agent/adapters/log';

test('what is written is told too, without what was redacted and without lines below the level', () => {
  const written: string[] = [];
  const told: LoggedLine[] = [];
  const log = createLog({
    level: 'info',
    fields: { node: 'Edge1MSP' },
    destination: { write: (text) => void written.push(text) },
    tee: (line) => void told.push(line),
  });
  log.debug({ instanceId: 'ins-1' }, 'too little');
  log.warn({ instanceId: 'ins-1', token: 'secret' }, 'said');
  log.error({ error: new Error('boom') }, 'failed');
  expect(written).toHaveLength(2);
  expect(told).toMatchObject([
    { level: 'warn', message: 'said', fields: { node: 'Edge1MSP', instanceId: 'ins-1', token: '[secret]' } },
    { level: 'error', message: 'failed', fields: { error: { name: 'Error', message: 'boom' } } },
  ]);
  expect(Math.abs((told[0]?.atMs ?? 0) - Date.now())).toBeLessThan(3_600_000);
});
