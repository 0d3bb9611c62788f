import { NewestMigrations, type MigrationPage } from '../../../agent/app/control/newest-migrations';
import type { PageRequest } from '../../../chaincode/src/model';
import { migrationRecord } from '../../support/lane-views';

/** A list as the contract pages it: in the order of the ids, which begin with the time. */
class Pages {
  readonly ids: string[] = [];
  readonly asked: PageRequest[] = [];

  add(count: number): void {
    for (let left = count; left > 0; left -= 1) this.ids.push(`mig-${String(this.ids.length).padStart(6, '0')}`);
  }

  readonly read = (request: PageRequest): Promise<MigrationPage> => {
    this.asked.push(request);
    const start = this.ids.findIndex((id) => id >= request.bookmark);
    const found = start < 0 ? [] : this.ids.slice(start, start + request.pageSize);
    const items = found.map((migrationId) => migrationRecord({ migrationId }));
    return Promise.resolve({ items, bookmark: this.ids[start + found.length] ?? '' });
  };
}

let pages: Pages;
let newest: NewestMigrations;
beforeEach(() => {
  pages = new Pages();
  newest = new NewestMigrations(pages.read);
});

const idsOf = async (limit: number): Promise<string[]> =>
  (await newest.list(limit)).map(({ migrationId }) => migrationId);

it.each([0, 1, 99, 100, 101, 999, 1000, 1001, 2345])(
  'of %d migrations the newest are listed, oldest first',
  async (n) => {
    pages.add(n);
    for (const limit of [1, 100, 1000]) {
      expect(await idsOf(limit)).toEqual(pages.ids.slice(-limit));
      expect(await idsOf(limit)).toEqual(pages.ids.slice(-limit));
    }
  },
);

it('does not read all of them again, however many there are and while more come', async () => {
  pages.add(10_000);
  await newest.list(100);
  expect(pages.asked).toHaveLength(10);
  await newest.list(100);
  for (const added of [0, 1, 99, 100, 250]) {
    pages.add(added);
    pages.asked.length = 0;
    expect(await idsOf(100)).toEqual(pages.ids.slice(-100));
    const most = 2 + Math.ceil(added / 100);
    expect(pages.asked.length).toBeLessThanOrEqual(most);
    expect(Math.max(...pages.asked.map(({ pageSize }) => pageSize))).toBe(100);
  }
});

it('finds a late one whose id is older than others that were there before', async () => {
  pages.add(350);
  await newest.list(100);
  await newest.list(100);
  pages.ids.push('mig-000320-late');
  pages.ids.sort();
  expect(await idsOf(100)).toEqual(pages.ids.slice(-100));
});

it('says why when a page cannot be read', async () => {
  pages.add(500);
  await newest.list(100);
  const broken = new NewestMigrations(() => Promise.reject(new Error('the peer is off')));
  await expect(broken.list(100)).rejects.toThrow('the peer is off');
});

it('two who ask at the same time get the same', async () => {
  pages.add(1234);
  await newest.list(100);
  pages.add(120);
  const [one, two] = await Promise.all([idsOf(100), idsOf(1000)]);
  expect(one).toEqual(pages.ids.slice(-100));
  expect(two).toEqual(pages.ids.slice(-1000));
  expect(await idsOf(300)).toEqual(pages.ids.slice(-300));
});
