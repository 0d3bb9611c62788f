import { shapingLines } from '../../../network/sandbox/hosts/shaping';

describe('the shaping of a link', () => {
  it('limits everything but what the machine itself sends towards the host', () => {
    const lines = shapingLines('blosm-v1', 40, 'bridge');
    expect(lines[0]).toContain('default 10');
    expect(lines.find((line) => line.includes('classid 1:10'))).toContain('rate 40mbit');
    expect(lines.filter((line) => line.startsWith('filter')).map((line) => line.split(' match ')[1])).toEqual([
      'ip src 10.88.0.1/32 flowid 1:20',
    ]);
  });

  it('limits everything but what the host sends to the machine itself', () => {
    expect(shapingLines('eth0', 40, 'host').at(-1)).toContain('match ip dst 10.88.0.1/32');
  });

  it.each([
    [40, 500_000],
    [1000, 12_500_000],
    [1, 131_072],
  ])('queues a tenth of a second at %d Mbit/s, and never less than two segments', (rateMbit, queueBytes) => {
    expect(shapingLines('eth0', rateMbit, 'host')).toContain(
      `qdisc add dev eth0 parent 1:10 handle 10: bfifo limit ${queueBytes}`,
    );
  });
});
