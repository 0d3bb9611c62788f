import { inTurns } from '../../../network/processes';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('work in turns', () => {
  it('is done for each item, a few at a time, with the results in order', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let wait = 0; wait < item % 3; wait += 1) await turn();
      running -= 1;
      return item * 2;
    };
    const items = Array.from({ length: 20 }, (_, index) => index);
    expect(await inTurns(items, work, 3)).toEqual(items.map((item) => item * 2));
    expect(most).toBe(3);
  });

  it('ends with the first failure and begins nothing further', async () => {
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error('second');
    };
    await expect(inTurns([0, 1, 2, 3, 4, 5, 6, 7], work, 2)).rejects.toThrow('second');
    for (let wait = 0; wait < 10; wait += 1) await turn();
    expect(begun.length).toBeLessThan(5);
  });

  it('of nothing is nothing', async () => {
    expect(await inTurns([], () => Promise.reject(new Error('never')))).toEqual([]);
  });
});
